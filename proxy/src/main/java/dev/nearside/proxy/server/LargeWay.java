package dev.nearside.proxy.server;

/** What becomes of a request above 64 KiB. */
enum LargeWay {
  /** Its bytes are passed on as they come. */
  STREAMED,
  /** It is gathered, and then goes its way as a whole. */
  GATHERED,
  /** Its bytes are thrown away, and it is refused behind the last of them. */
  SKIPPED,
  /** The connection was paused, or is being closed: it comes again, or never. */
  NOT_TAKEN
}
