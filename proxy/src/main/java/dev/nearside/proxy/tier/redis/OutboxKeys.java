package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * The names at Redis of what a namespace that is written behind has there.
 *
 * @param names how that is named which is kept beside keys
 * @param namespace the name of the namespace
 */
record OutboxKeys(SideNames names, String namespace) {
  /** The stream of the keys in {@code slot} that the database has not taken. */
  byte[] stream(int slot) {
    return name(slot, "");
  }

  /** The batch that is, or was, on its way to the database. */
  byte[] batch(int slot) {
    return name(slot, ":batch");
  }

  /** The stream of what the database never takes. */
  byte[] dead(int slot) {
    return name(slot, ":dead");
  }

  /** Who drains {@code partition}. */
  byte[] lease(Partition partition) {
    return name(partition.anchor(), ":drain");
  }

  /** Which database it is drained to. */
  byte[] home(Partition partition) {
    return name(partition.anchor(), ":home");
  }

  /** Which of its slots have something. */
  byte[] wakes(Partition partition) {
    return name(partition.anchor(), ":wakes");
  }

  private byte[] name(int slot, String what) {
    byte[] prefix = names.outboxes(slot);
    byte[] rest = (namespace + what).getBytes(UTF_8);
    return ByteBuffer.allocate(prefix.length + rest.length).put(prefix).put(rest).array();
  }
}
