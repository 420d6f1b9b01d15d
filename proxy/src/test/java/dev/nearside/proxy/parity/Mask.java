package dev.nearside.proxy.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What of a reply two servers need not have in common, because two spoken to directly differ in it,
 * too, or because README.md says so. Whatever is not listed in {@link #of} must be the same, byte
 * for byte.
 */
enum Mask {
  /** Nothing. */
  NONE,
  /** Sets, and all that is kept in hash tables: each server hashes by a seed of its own. */
  ORDER,
  /** The same, and the channel that the sidecar itself listens to. */
  CHANNELS,
  /** The time that is left, where there is one. */
  TIME,
  /** For how long a consumer or a pending entry has been left alone; nothing else about it. */
  IDLE,
  /**
   * Whether the one replica has said that it has all that WAIT is about: it says so when it comes
   * to it, and through the sidecar WAIT may be about more.
   */
  ACKNOWLEDGED,
  /** The number of the connection. */
  ID;

  private static final String OWN_CHANNEL = "$19\r\nnearside:invalidate\r\n";

  /** Returns what of the reply to a command is hidden. */
  static Mask of(Command command) {
    return switch (command.name()) {
      case "SUNION", "SINTER", "SDIFF", "SPOP", "SRANDMEMBER", "SSCAN", "SCAN", "KEYS" -> ORDER;
      case "SMEMBERS" -> command.word(1).startsWith("S") ? ORDER : NONE; // integers are in order
      case "PUBSUB" -> command.word(1).equals("CHANNELS") ? CHANNELS : NONE;
      case "CONFIG" -> command.word(1).equals("GET") ? ORDER : NONE;
      case "FUNCTION" -> command.word(1).equals("LIST") ? ORDER : NONE;
      case "ACL" -> command.word(1).equals("CAT") ? ORDER : NONE;
      case "COMMAND" -> command.word(1).equals("LIST") ? ORDER : NONE;
      case "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME" -> TIME;
      case "XPENDING" -> command.args().size() > 3 ? IDLE : NONE;
      case "XINFO" -> command.word(1).equals("CONSUMERS") ? IDLE : NONE;
      case "WAIT" -> ACKNOWLEDGED;
      case "HELLO" -> ID;
      default -> NONE;
    };
  }

  /** Returns a reply without what is hidden. */
  String apply(String reply) {
    return switch (this) {
      case NONE -> reply;
      case ORDER -> sorted(new Elements(reply));
      case CHANNELS -> sorted(new Elements(withoutOwnChannel(reply)));
      case TIME -> reply.replaceFirst("^:\\d+", ":#");
      case IDLE ->
          reply
              .replaceAll("(\\$4\r\nidle\r\n):\\d+", "$1:#")
              .replaceAll("\n:\\d+(\r\n:\\d+\r)", "\n:#$1");
      case ACKNOWLEDGED -> reply.replaceFirst("^:[01]\r", ":#\r");
      case ID -> reply.replaceFirst("(\\$2\r\nid\r\n):\\d+", "$1:#");
    };
  }

  /** Returns the reply to EXEC without what is hidden of the replies in it. */
  static String applyAll(String reply, List<UnaryOperator<String>> masks) {
    Elements elements = new Elements(reply);
    if (elements.count() != masks.size()) {
      return reply;
    }
    StringBuilder masked = new StringBuilder(elements.header());
    for (UnaryOperator<String> mask : masks) {
      masked.append(mask.apply(elements.next()));
    }
    return masked.toString();
  }

  private static String withoutOwnChannel(String reply) {
    if (!reply.contains(OWN_CHANNEL)) {
      return reply;
    }
    Elements channels = new Elements(reply);
    String rest = reply.substring(channels.header().length()).replace(OWN_CHANNEL, "");
    return "*" + (channels.count() - 1) + "\r\n" + rest;
  }

  private static String sorted(Elements elements) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < elements.count(); i++) {
      parts.add(sorted(new Elements(elements.next())));
    }
    parts.sort(null);
    return elements.header() + String.join("", parts);
  }
}
