import { AppError, show } from '../../common/errors.ts';
import { binaryCloudEvent, isBinaryCloudEvent, parseCloudEvent } from '../../events/dialects/cloud-event.ts';
import { JsonSplitter } from '../../events/json/json-splitter.ts';
import { LineSplitter } from '../../events/json/line-splitter.ts';
import { TextSplitter } from '../../events/json/text-splitter.ts';
import { WholeSplitter } from '../../events/json/whole-splitter.ts';
import { parseEvent } from '../../events/parse-event.ts';
import type { BodyForm } from './intake.ts';

/** What a body of `POST /events` is. */
export interface EventsForm {
  readonly dialect: 'events' | 'cloudevents';
  readonly form: BodyForm;
}

const json = (): EventsForm => ({ dialect: 'events', form: { splitter: new JsonSplitter(), parse: parseEvent } });
const lines = (): EventsForm => ({ dialect: 'events', form: { splitter: new LineSplitter(), parse: parseEvent } });
const text = (): EventsForm => ({ dialect: 'events', form: { splitter: new TextSplitter(), parse: parseEvent } });
const cloudEvents = (): EventsForm => ({
  dialect: 'cloudevents',
  form: { splitter: new JsonSplitter(), parse: parseCloudEvent },
});

const FORMS: Readonly<Record<string, () => EventsForm>> = {
  '': json,
  'application/json': json,
  'application/x-ndjson': lines,
  'application/ndjson': lines,
  'application/jsonl': lines,
  // What a browser's `sendBeacon` says of any text.
  'text/plain': text,
  'application/cloudevents+json': cloudEvents,
  'application/cloudevents-batch+json': cloudEvents,
};

/**
 * What a body of events claims to be. Without a Content-Type it is JSON.
 * @param headers as Node gives them
 * @throws AppError `unsupported_media_type`
 */
export function formOf(headers: Readonly<Record<string, string | readonly string[] | undefined>>): EventsForm {
  const { 'content-type': contentType } = headers;
  const given = typeof contentType === 'string' ? contentType : undefined;
  const [type = '', ...parameters] = (given ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((each) => /^\s*charset="?([^"\s]*)"?\s*$/.exec(each)?.[1])
    .find((each) => each !== undefined);
  const isUtf8 = charset === undefined || charset === 'utf-8' || charset === 'utf8';
  const isStructured = type.trim().startsWith('application/cloudevents');
  if (!isStructured && isUtf8 && isBinaryCloudEvent(headers)) {
    return { dialect: 'cloudevents', form: { splitter: new WholeSplitter(), ...binaryCloudEvent(headers) } };
  }
  const form = Object.hasOwn(FORMS, type.trim()) ? FORMS[type.trim()] : undefined;
  if (form !== undefined && isUtf8) return form();
  const expected = 'application/json, application/x-ndjson, text/plain or CloudEvents in JSON, in UTF-8';
  throw unsupported('Content-Type', given, expected);
}

/**
 * Whether a body says that it is compressed with gzip; the only other possibility is not at all.
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
