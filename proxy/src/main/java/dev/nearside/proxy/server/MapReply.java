package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.Replies;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A reply of names and values: a map, or in RESP2 a flat array. For one thread. */
final class MapReply {
  private final boolean resp3;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private int count;

  MapReply(boolean resp3) {
    this.resp3 = resp3;
  }

  /** Returns a constant as replies write it. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  void add(String name, @Nullable String value) {
    addName(name);
    body.writeBytes(value == null ? Replies.nullBulk(resp3) : bulk(value));
  }

  void add(String name, @Nullable Long value) {
    addName(name);
    body.writeBytes(value == null ? Replies.nullBulk(resp3) : Replies.integer(value));
  }

  void add(String name, List<byte[]> values) {
    addName(name);
    body.writeBytes(Replies.arrayHeader(values.size()));
    values.forEach(value -> body.writeBytes(Replies.bulk(value)));
  }

  /** Adds a value that is a whole reply itself. */
  void add(String name, byte[] reply) {
    addName(name);
    body.writeBytes(reply);
  }

  void addNulls(String... names) {
    for (String name : names) {
      add(name, (String) null);
    }
  }

  byte[] reply() {
    String head = resp3 ? "%" + count + "\r\n" : "*" + 2 * count + "\r\n";
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
    whole.writeBytes(body.toByteArray());
    return whole.toByteArray();
  }

  private void addName(String name) {
    count++;
    body.writeBytes(bulk(name));
  }

  private static byte[] bulk(String text) {
    return Replies.bulk(text.getBytes(StandardCharsets.UTF_8));
  }
}
