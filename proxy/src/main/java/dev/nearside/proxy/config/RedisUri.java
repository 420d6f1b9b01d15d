package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code redis://[user:password@]host[:port][/database]}, {@code rediss://…} for TLS, or {@code
 * unix://[user:password@]/path[?db=database]}; read by hand: {@link java.net.URI} knows no host
 * with an underscore and wants every password encoded. What this version cannot do (Sentinel,
 * Cluster) is refused by name.
 *
 * @param address where it listens
 * @param tls whether it is reached by TLS
 */
record RedisUri(
    Address address, boolean tls, @Nullable String user, @Nullable String password, int database) {
  static final int DEFAULT_PORT = 6379;
  private static final String SEPARATOR = "://";
  private static final String DATABASE_PARAMETER = "?db=";
  private static final Set<String> PLAIN = Set.of("redis", "valkey");
  private static final Set<String> TLS = Set.of("rediss", "valkeys");
  private static final Set<String> UNIX = Set.of("unix", "redis-socket");
  private static final int LARGEST_DATABASE = 1_000_000;

  static Parsed<RedisUri> parse(String text) {
    int end = text.indexOf(SEPARATOR);
    String scheme = end < 0 ? "" : text.substring(0, end);
    boolean tcp = PLAIN.contains(scheme) || TLS.contains(scheme);
    if (!tcp && !UNIX.contains(scheme)) {
      return Parsed.refused(schemeProblem(scheme));
    }
    String rest = text.substring(end + SEPARATOR.length());
    int at = rest.lastIndexOf('@');
    String location = rest.substring(at + 1);
    Parsed<RedisUri> reached = tcp ? ofHost(location, TLS.contains(scheme)) : ofSocket(location);
    return at >= 0 && reached instanceof Parsed.Good<RedisUri>(RedisUri uri)
        ? withCredentials(rest.substring(0, at), uri)
        : reached;
  }

  private static Parsed<RedisUri> ofHost(String location, boolean tls) {
    if (location.indexOf('?') >= 0 || location.indexOf('#') >= 0) {
      return Parsed.refused("has parameters after the database, and none are known");
    }
    if (location.indexOf(',') >= 0) {
      return Parsed.refused("names several hosts, and this version supports one Redis server");
    }
    int slash = location.indexOf('/');
    Integer database = slash < 0 ? Integer.valueOf(0) : databaseOf(location.substring(slash + 1));
    Address address =
        Addresses.hostAndPort(slash < 0 ? location : location.substring(0, slash), DEFAULT_PORT);
    return address == null || address.port() == 0 || database == null
        ? Parsed.refused()
        : Parsed.good(new RedisUri(address, tls, null, null, database));
  }

  private static Parsed<RedisUri> ofSocket(String location) {
    int query = location.indexOf('?');
    String path = query < 0 ? location : location.substring(0, query);
    String parameters = query < 0 ? "" : location.substring(query);
    if (!parameters.isEmpty() && !parameters.startsWith(DATABASE_PARAMETER)) {
      return Parsed.refused("has parameters of which only db, the database, is known");
    }
    Integer database =
        parameters.isEmpty()
            ? Integer.valueOf(0)
            : databaseOf(parameters.substring(DATABASE_PARAMETER.length()));
    return switch (Addresses.ofSocket(path)) {
      case Parsed.Refused<Address>(String reason) -> Parsed.refused(String.valueOf(reason));
      case Parsed.Good<Address>(Address address) ->
          database == null
              ? Parsed.refused()
              : Parsed.good(new RedisUri(address, false, null, null, database));
    };
  }

  private static String schemeProblem(String scheme) {
    return switch (scheme) {
      case "redis-sentinel", "rediss-sentinel" ->
          "asks for Sentinel, which this version does not support yet";
      case "redis-cluster", "rediss-cluster" ->
          "asks for Redis Cluster, which this version does not support yet";
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

  private static Parsed<RedisUri> withCredentials(String credentials, RedisUri uri) {
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
            uri.address,
            uri.tls,
            user.isEmpty() ? null : user,
            password.isEmpty() ? null : password,
            uri.database));
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
    return address.isUnixSocket()
        ? "unix://" + address.host() + (database == 0 ? "" : DATABASE_PARAMETER + database)
        : (tls ? "rediss://" : "redis://") + Addresses.text(address) + "/" + database;
  }

  /**
   * Returns a Redis or JDBC URI, well-formed or not, with everything that may be a password hidden.
   */
  static String withoutSecrets(String text) {
    return text.replaceAll("(?s)^(.*?://)?.*@", "$1***@")
        .replaceAll("(?is)(password)=[^&]*", "$1=***");
  }
}
