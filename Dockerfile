# The service alone, without the embedded engine: it needs CLICKHOUSE_URL.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages too: the compiler's platform package is one. No scripts: there is no git here for the hooks.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
# The tests and the benchmark are compiled with the rest, and stay behind.
RUN npm run build && rm -rf .build/test .build/bench .build/*.tsbuildinfo

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="clickhour" \
      org.opencontainers.image.description="Event analytics with exact counts" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/.build ./.build
# What the compiler does not copy.
COPY migrations ./migrations
COPY clickhouse ./clickhouse
COPY schemas ./schemas
# The only folder that is written to: the rest may be mounted read-only.
RUN mkdir /data && chown node:node /data
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Refuses to start on all addresses while no keys are set, unless ALLOW_ANONYMOUS=1 says that this is intended.
# Node itself is the first process, and gets the signals.
CMD ["node", ".build/server/main.js"]
