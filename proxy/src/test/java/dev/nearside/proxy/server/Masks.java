package dev.nearside.proxy.server;

/** What differs between two direct connections too. */
final class Masks {
  private Masks() {}

  /** Hides every number: ids, ports, times. */
  static String numbers(String reply) {
    return reply.replaceAll("\\d+", "#");
  }

  /** Keeps of a CLIENT INFO or LIST line what the client itself decides. */
  static String clientInfo(String info) {
    StringBuilder kept = new StringBuilder();
    for (String field : info.split("[ \r\n]", -1)) {
      if (field.matches("(name|db|user|resp|multi|flags|sub|psub|ssub|cmd)=.*")) {
        kept.append(field).append(' ');
      }
    }
    return kept.toString();
  }

  /** Hides time and address in a line of MONITOR. */
  static String origin(String line) {
    return line.replaceAll("^\\+[0-9.]+ \\[(\\d+) [^]]*\\]", "+# [$1 #]");
  }
}
