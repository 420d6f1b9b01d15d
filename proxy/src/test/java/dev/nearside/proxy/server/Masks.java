package dev.nearside.proxy.server;

import dev.nearside.proxy.scene.Twins;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What differs between two direct connections too. */
final class Masks {
  private static final Pattern OWN_FIELD =
      Pattern.compile(
          "(name|db|user|resp|multi|watch|flags|sub|psub|ssub|cmd|lib-name|lib-ver)=.*|redir=-1");

  private Masks() {}

  /** Hides the client's id in the reply of HELLO, and nothing else. */
  static String hello(String reply) {
    return Twins.withoutId(reply);
  }

  /** Hides integers that stand for themselves: ids of clients. */
  static String integers(String reply) {
    return reply.replaceAll(":\\d+\r\n", ":#\r\n");
  }

  /** Hides the order, where each server has its own. */
  static String sorted(String reply) {
    return reply.lines().sorted().collect(Collectors.joining("\r\n"));
  }

  /** Keeps of a CLIENT INFO or LIST line what the client itself decides. */
  static String clientInfo(String info) {
    StringBuilder kept = new StringBuilder();
    for (String field : info.split("[ \r\n]", -1)) {
      if (OWN_FIELD.matcher(field).matches()) {
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
