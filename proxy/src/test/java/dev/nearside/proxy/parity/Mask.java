package dev.nearside.proxy.parity;

import java.util.ArrayList;
import java.util.List;

/**
 * What of a reply two servers need not have in common, because two spoken to directly differ in it,
 * too. Whatever is not listed in {@link #of} must be the same, byte for byte.
 */
enum Mask {
  /** Nothing. */
  NONE,
  /** Sets, and all that is kept in hash tables: each server hashes by a seed of its own. */
  ORDER,
  /** Times that are left, or have passed. */
  NUMBERS,
  /** The number of the connection. */
  ID;

  /** Returns what of the reply to a command is hidden. */
  static Mask of(Command command) {
    return switch (command.name()) {
      case "SMEMBERS", "SUNION", "SINTER", "SDIFF", "SPOP", "SRANDMEMBER", "SSCAN" -> ORDER;
      case "SCAN", "KEYS", "PUBSUB", "CONFIG", "FUNCTION" -> ORDER;
      case "ACL" -> command.word(1).equals("CAT") ? ORDER : NONE;
      case "COMMAND" -> command.word(1).equals("LIST") ? ORDER : NONE;
      case "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME" -> NUMBERS;
      case "XPENDING" -> command.args().size() > 3 ? NUMBERS : NONE;
      case "XINFO" -> command.word(1).equals("CONSUMERS") ? NUMBERS : NONE;
      case "HELLO" -> ID;
      default -> NONE;
    };
  }

  /** Returns a reply without what is hidden. */
  String apply(String reply) {
    return switch (this) {
      case NONE -> reply;
      case ORDER -> sorted(new Elements(reply));
      case NUMBERS -> reply.replaceAll("(^|\n):\\d+(?=\r)", "$1:#");
      case ID -> reply.replaceFirst("(\\$2\r\nid\r\n):\\d+", "$1:#");
    };
  }

  /** Returns the reply to EXEC without what is hidden of the replies in it. */
  static String applyAll(String reply, List<Mask> masks) {
    Elements elements = new Elements(reply);
    if (masks.stream().allMatch(NONE::equals) || elements.count() != masks.size()) {
      return reply;
    }
    StringBuilder masked = new StringBuilder(elements.header());
    for (Mask mask : masks) {
      masked.append(mask.apply(elements.next()));
    }
    return masked.toString();
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
