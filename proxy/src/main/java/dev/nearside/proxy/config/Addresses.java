package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Address;
import org.jspecify.annotations.Nullable;

/** Addresses as text: {@code host:port}, {@code [::1]:port}, {@code unix:/path}. */
final class Addresses {
  static final int NO_DEFAULT = -1;
  private static final int LARGEST_PORT = 65_535;
  private static final String UNIX = "unix:";

  /** The longest path that fits {@code sockaddr_un.sun_path} of Linux with its final zero. */
  private static final int LONGEST_SOCKET_PATH = 107;

  private Addresses() {}

  static Parsed<Address> parseTcp(String text) {
    if (text.startsWith(UNIX)) {
      return Parsed.refused("is a Unix socket, which is not supported here");
    }
    Address address = hostAndPort(text, NO_DEFAULT);
    return address == null ? Parsed.refused() : Parsed.good(address);
  }

  static Parsed<Address> parse(String text) {
    if (!text.startsWith(UNIX)) {
      return parseTcp(text);
    }
    return ofSocket(text.substring(UNIX.length()));
  }

  /** Returns the address of the Unix socket at {@code path}. */
  static Parsed<Address> ofSocket(String path) {
    if (!path.startsWith("/")) {
      return Parsed.refused("has no absolute path");
    }
    return path.length() > LONGEST_SOCKET_PATH
        ? Parsed.refused("has a path longer than " + LONGEST_SOCKET_PATH + " characters")
        : Parsed.good(new Address(path, -1));
  }

  /** Returns the address, without brackets around an IPv6 one, or null when it is none. */
  static @Nullable Address hostAndPort(String text, int defaultPort) {
    int colon = text.startsWith("[") ? text.indexOf("]:") + 1 : text.lastIndexOf(':');
    boolean hasPort = text.startsWith("[") ? colon > 0 : colon >= 0;
    String host = hasPort ? text.substring(0, colon) : text;
    int port = hasPort ? portOf(text.substring(colon + 1)) : defaultPort;
    boolean isBracketed = host.startsWith("[") && host.endsWith("]");
    String bare = isBracketed ? host.substring(1, host.length() - 1) : host;
    boolean isHost =
        bare.matches(isBracketed ? "[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?" : "[A-Za-z0-9_.-]+");
    return isHost && port >= 0 ? new Address(bare, port) : null;
  }

  private static int portOf(String text) {
    int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : -1;
    return port <= LARGEST_PORT ? port : -1;
  }

  static String text(Address address) {
    return address.isUnixSocket() ? address.toString() : text(address.host(), address.port());
  }

  static String text(String host, int port) {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
