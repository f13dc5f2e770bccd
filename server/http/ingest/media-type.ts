import { AppError, show } from '../../common/errors.ts';
import type { BodyFormat } from './intake.ts';

const FORMATS: Readonly<Record<string, BodyFormat>> = {
  '': 'json',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
};

/**
 * What a body of events claims to be. Without a Content-Type it is JSON.
 * @throws AppError `unsupported_media_type`
 */
export function formatOf(contentType: string | undefined): BodyFormat {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((each) => /^\s*charset="?([^"\s]*)"?\s*$/.exec(each)?.[1])
    .find((each) => each !== undefined);
  const format = Object.hasOwn(FORMATS, type.trim()) ? FORMATS[type.trim()] : undefined;
  if (format !== undefined && (charset === undefined || charset === 'utf-8' || charset === 'utf8')) return format;
  throw unsupported('Content-Type', contentType, 'application/json or application/x-ndjson, in UTF-8');
}

/**
 * Whether a body is compressed with gzip; the only other possibility is not at all.
 * @throws AppError `unsupported_media_type`
 */
export function isGzipped(contentEncoding: string | undefined): boolean {
  const encoding = (contentEncoding ?? '').trim().toLowerCase();
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  if (encoding === '' || encoding === 'identity') return false;
  throw unsupported('Content-Encoding', contentEncoding, 'gzip or none');
}

function unsupported(header: string, value: string | undefined, expected: string): AppError {
  const message = `received ${show(value)}, expected ${expected}`;
  return new AppError('unsupported_media_type', `${header}: ${message}`, {
    issues: [{ path: header, message }],
  });
}
