package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The names at Redis of what a namespace that is written behind has there. */
final class OutboxKeys {
  private static final String PREFIX = "nearside:outbox:";

  /** What the name of each stream begins with, and its namespace ends. */
  static final byte[] STREAM = PREFIX.getBytes(UTF_8);

  private OutboxKeys() {}

  /** The stream of the keys that the database has not taken. */
  static byte[] stream(String namespace) {
    return (PREFIX + namespace).getBytes(UTF_8);
  }

  /** Who drains it. */
  static byte[] lease(String namespace) {
    return (PREFIX + namespace + ":drain").getBytes(UTF_8);
  }

  /** The batch that is, or was, on its way to the database. */
  static byte[] batch(String namespace) {
    return (PREFIX + namespace + ":batch").getBytes(UTF_8);
  }

  /** The stream of what the database never takes. */
  static byte[] dead(String namespace) {
    return (PREFIX + namespace + ":dead").getBytes(UTF_8);
  }

  /** Which database it is drained to. */
  static byte[] home(String namespace) {
    return (PREFIX + namespace + ":home").getBytes(UTF_8);
  }
}
