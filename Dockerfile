# The service alone, without the embedded engine: it needs CLICKHOUSE_URL.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages too: the compiler is one. No scripts: there is no git here for the hooks.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY --from=build /app/.build ./.build
# What the compiler does not copy.
COPY migrations ./migrations
COPY clickhouse ./clickhouse
COPY schemas ./schemas
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Refuses to start on all addresses while no keys are set, unless ALLOW_ANONYMOUS=1 says that this is intended.
CMD ["node", ".build/server/main.js"]
