package dev.nearside.proxy.cluster;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An error by which a node of a cluster says that somebody else, or later, is to be asked. */
public sealed interface Redirect {
  /**
   * The slot belongs to another node.
   *
   * @param host where it listens; empty for the host of the node that has said so
   */
  record Moved(int slot, String host, int port) implements Redirect {}

  /**
   * The slot is on its way to another node, and this key is there already, or nowhere yet: that
   * node is to be asked this once, after ASKING.
   *
   * @param host as in {@link Moved}
   */
  record Ask(int slot, String host, int port) implements Redirect {}

  /** Not now: the keys of the slot are on their way, or nobody serves it at the moment. */
  record Later() implements Redirect {}

  /** Returns what the reply in these bytes of {@code in} redirects to; null where it does not. */
  static @Nullable Redirect of(ByteBuf in, int from, int to) {
    if (in.getByte(from) != '-' || to - from > MAX_LENGTH) {
      return null;
    }
    String[] words = in.toString(from, to - from, StandardCharsets.UTF_8).strip().split(" ", -1);
    return switch (words[0]) {
      case "-MOVED" -> place(words, true);
      case "-ASK" -> place(words, false);
      case "-TRYAGAIN", "-CLUSTERDOWN" ->
          SENTENCES.contains(String.join(" ", words)) ? new Later() : null;
      default -> null;
    };
  }

  /** No such error is longer. */
  int MAX_LENGTH = 512;

  /** What Redis and Valkey say before they execute anything; others are a script's own words. */
  Set<String> SENTENCES =
      Set.of(
          "-TRYAGAIN Multiple keys request during rehashing of slot",
          "-CLUSTERDOWN The cluster is down",
          "-CLUSTERDOWN The cluster is down and only accepts read commands",
          "-CLUSTERDOWN Hash slot not served");

  private static @Nullable Redirect place(String[] words, boolean moved) {
    int colon = words.length < 3 ? -1 : words[2].lastIndexOf(':');
    if (colon < 0) {
      return null;
    }
    try {
      int slot = Integer.parseInt(words[1]);
      int port = Integer.parseInt(words[2].substring(colon + 1));
      String host = words[2].substring(0, colon);
      if (slot < 0 || slot >= HashSlot.COUNT) {
        return null;
      }
      String known = host.equals("?") ? "" : host;
      return moved ? new Moved(slot, known, port) : new Ask(slot, known, port);
    } catch (NumberFormatException e) {
      return null; // somebody's own error of that name
    }
  }
}
