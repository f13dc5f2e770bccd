// The bundler collects these; they export nothing.
declare module '*.css';
