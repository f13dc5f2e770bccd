import { createRequire } from 'node:module';

/** The part of ffi-rs that is used here; the package is optional, so its own types may be absent. */
export interface Ffi {
  readonly DataType: Readonly<Record<'Void' | 'I32' | 'I64' | 'String' | 'StringArray' | 'U8Array', number>>;
  open(library: { readonly library: string; readonly path: string }): void;
  load(call: {
    readonly library: string;
    readonly funcName: string;
    readonly retType: number;
    readonly paramsType: readonly number[];
    readonly paramsValue: readonly unknown[];
    readonly runInNewThread?: boolean;
    readonly errno?: boolean;
  }): unknown;
}

/** Calls of native functions. Only the engine's own process may load this. */
export function loadFfi(): Ffi {
  const require = createRequire(import.meta.url);
  return require('ffi-rs') as Ffi;
}
