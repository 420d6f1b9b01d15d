package dev.nearside.proxy.server;

import io.netty.buffer.ByteBuf;

/**
 * What a client is subscribed to, counted from the confirmations it gets: {@code
 * *3\r\n$9\r\nsubscribe \r\n$1\r\nc\r\n:1\r\n}, as a push in RESP3. Confined to its event loop.
 */
final class Subscriptions {
  private static final byte[][] CONFIRMATIONS = {
    ascii("subscribe"),
    ascii("unsubscribe"),
    ascii("psubscribe"),
    ascii("punsubscribe"),
    ascii("ssubscribe"),
    ascii("sunsubscribe")
  };
  private static final byte[][] MESSAGES = {ascii("message"), ascii("pmessage"), ascii("smessage")};

  /** Of the first digit of the largest number of subscriptions, 999,999,999. */
  private static final int MAX_SCALE = 1_000_000_000;

  private int channels;
  private int patterns;
  private int shardChannels;

  /** Returns whether a frame confirms a subscription or its end. */
  boolean isConfirmation(ByteBuf in, int from, int to) {
    return isOneOf(CONFIRMATIONS, in, from, to);
  }

  /** Returns whether a frame is a published message. */
  boolean isMessage(ByteBuf in, int from, int to) {
    return isOneOf(MESSAGES, in, from, to);
  }

  /** Notes a whole confirmation, no other reply; returns whether any subscription is left. */
  boolean note(ByteBuf in, int from, int to) {
    int total = lastInteger(in, from, to);
    if (total < 0 || !isConfirmation(in, from, to)) {
      return any();
    }
    int kind = kindStart(in, from, to);
    switch (in.getByte(kind)) {
      case 'p' -> patterns = total - channels;
      case 's' -> noteChannel(in, kind, total);
      case 'u' -> channels = total - patterns;
      default -> {}
    }
    return any();
  }

  /** Both {@code subscribe} and {@code ssubscribe}, {@code sunsubscribe} start with an s. */
  private void noteChannel(ByteBuf in, int kind, int total) {
    if (in.getByte(kind + 1) == 'u' && in.getByte(kind + 2) == 'b') {
      channels = total - patterns;
    } else {
      shardChannels = total;
    }
  }

  /** Takes the number of shard channels from who knows those of all nodes. */
  void countShards(int all) {
    shardChannels = all;
  }

  /** Forgets all. */
  void clear() {
    channels = 0;
    patterns = 0;
    shardChannels = 0;
  }

  /** Returns whether there is any but to shard channels. */
  boolean anyAtHome() {
    return channels + patterns > 0;
  }

  /** Returns whether there is any. */
  boolean any() {
    return channels + patterns + shardChannels > 0;
  }

  /** Returns how many confirmations an end of all subscriptions of this kind is answered with. */
  int confirmationsOfAll(String command) {
    int count =
        switch (command) {
          case "UNSUBSCRIBE" -> channels;
          case "PUNSUBSCRIBE" -> patterns;
          default -> shardChannels;
        };
    return Math.max(1, count);
  }

  private static boolean isOneOf(byte[][] kinds, ByteBuf in, int from, int to) {
    int start = kindStart(in, from, to);
    for (byte[] kind : kinds) {
      if (start > 0 && start + kind.length + 1 < to && in.getByte(start + kind.length) == '\r') {
        int i = 0;
        while (i < kind.length && in.getByte(start + i) == kind[i]) {
          i++;
        }
        if (i == kind.length) {
          return true;
        }
      }
    }
    return false;
  }

  /** Returns the index of the first element's first byte, behind two lines, or -1. */
  private static int kindStart(ByteBuf in, int from, int to) {
    int lines = 0;
    for (int i = from; i < to; i++) {
      if (in.getByte(i) == '\n' && ++lines == 2) {
        return i + 1;
      }
    }
    return -1;
  }

  /** Returns the integer on the last line, {@code :12\r\n}, or -1 if it is none of a server. */
  private static int lastInteger(ByteBuf in, int from, int to) {
    int value = 0;
    int scale = 1;
    for (int i = to - 3; i > from && scale <= MAX_SCALE; i--) {
      int digit = in.getByte(i) - '0';
      if (digit < 0 || digit > 9) {
        return in.getByte(i) == ':' ? value : -1;
      }
      value += digit * scale;
      scale *= 10;
    }
    return -1;
  }

  private static byte[] ascii(String word) {
    return word.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }
}
