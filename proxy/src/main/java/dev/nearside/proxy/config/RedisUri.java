package dev.nearside.proxy.config;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * {@code redis://[user:password@]host[:port][/database]}, read by hand: {@link java.net.URI} knows
 * no host with an underscore and wants every password encoded. What this version cannot do (TLS,
 * Sentinel, Cluster, Unix sockets) is refused by name.
 */
record RedisUri(
    String host, int port, @Nullable String user, @Nullable String password, int database) {
  static final int DEFAULT_PORT = 6379;
  private static final String SCHEME = "redis://";
  private static final int LARGEST_DATABASE = 1_000_000;

  static Parsed<RedisUri> parse(String text) {
    if (!text.startsWith(SCHEME)) {
      return Parsed.refused(schemeProblem(text));
    }
    String rest = text.substring(SCHEME.length());
    int at = rest.lastIndexOf('@');
    String location = rest.substring(at + 1);
    if (location.indexOf('?') >= 0 || location.indexOf('#') >= 0) {
      return Parsed.refused("has parameters after the database, and none are known");
    }
    if (location.indexOf(',') >= 0) {
      return Parsed.refused("names several hosts, and this version supports one Redis server");
    }
    int slash = location.indexOf('/');
    Integer database = slash < 0 ? Integer.valueOf(0) : databaseOf(location.substring(slash + 1));
    NearsideConfig.@Nullable Address address =
        Addresses.hostAndPort(slash < 0 ? location : location.substring(0, slash), DEFAULT_PORT);
    if (address == null || address.port() == 0 || database == null) {
      return Parsed.refused();
    }
    return at < 0
        ? Parsed.good(new RedisUri(address.host(), address.port(), null, null, database))
        : withCredentials(rest.substring(0, at), address, database);
  }

  private static String schemeProblem(String text) {
    String scheme = text.contains("://") ? text.substring(0, text.indexOf("://")) : "";
    return switch (scheme) {
      case "rediss", "valkeys" -> "asks for TLS, which this version does not support yet";
      case "redis-sentinel", "rediss-sentinel" ->
          "asks for Sentinel, which this version does not support yet";
      case "redis-cluster", "rediss-cluster" ->
          "asks for Redis Cluster, which this version does not support yet";
      case "redis-socket", "redis+socket", "unix" ->
          "asks for a Unix socket, which this version does not support yet";
      default -> "is not the URI of a Redis server";
    };
  }

  private static @Nullable Integer databaseOf(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    return text.matches("[0-9]{1,7}") && Integer.parseInt(text) <= LARGEST_DATABASE
        ? Integer.valueOf(text)
        : null;
  }

  private static Parsed<RedisUri> withCredentials(
      String credentials, NearsideConfig.Address address, int database) {
    int colon = credentials.indexOf(':');
    if (colon < 0) {
      return Parsed.refused("has credentials without a colon, which some clients read as a user");
    }
    String user = percentDecoded(credentials.substring(0, colon));
    String password = percentDecoded(credentials.substring(colon + 1));
    if (user == null || password == null) {
      return Parsed.refused("has a % that is not followed by two hexadecimal digits");
    }
    return Parsed.good(
        new RedisUri(
            address.host(),
            address.port(),
            user.isEmpty() ? null : user,
            password.isEmpty() ? null : password,
            database));
  }

  private static @Nullable String percentDecoded(String text) {
    ByteArrayOutputStream decoded = new ByteArrayOutputStream();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '%') {
        decoded.write(bytes[i]);
        continue;
      }
      int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
      int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        return null;
      }
      decoded.write(high << 4 | low);
      i += 2;
    }
    return decoded.toString(StandardCharsets.UTF_8);
  }

  /** Returns the URI without user and password, which have keys of their own. */
  @Override
  public String toString() {
    return SCHEME + Addresses.text(host, port) + "/" + database;
  }

  /**
   * Returns a Redis or JDBC URI, well-formed or not, with everything that may be a password hidden.
   */
  static String withoutSecrets(String text) {
    return text.replaceAll("(?s)^(.*?://)?.*@", "$1***@")
        .replaceAll("(?is)(password)=[^&]*", "$1=***");
  }
}
