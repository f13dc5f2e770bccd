/** How a page sends its events. */
export interface Options {
  /** A key that may write and not read, with a rate: anyone can see it. */
  readonly key?: string | undefined;
  /** Of the service; where this script came from, if it is left out. */
  readonly url?: string | undefined;
  /** Of all events of the page; `event`, if it is left out. */
  readonly category?: string | undefined;
  /** `false`: no event for a page view, of which there is one for each page, also of single-page apps. */
  readonly pageviews?: boolean;
  /**
   * `true`: nothing is kept or sent for who asks not to be tracked, by Do Not Track or Global Privacy Control, and what was
   * kept before is removed.
   */
  readonly dnt?: boolean;
}

export interface Clickhour {
  /** Begins to send. What was tracked before is sent, too. Where `url` is none, the console says so and nothing begins. */
  init(options?: Options): void;
  /** An event, which happened now. @param data anything that JSON can hold */
  track(name: string, data?: object): void;
  /** Whose events those are that come now, in this tab; nobody's without an id, or with an empty one. */
  user(id?: string | number | null): void;
}

declare global {
  // eslint-disable-next-line no-var
  var clickhour: Clickhour;
}
