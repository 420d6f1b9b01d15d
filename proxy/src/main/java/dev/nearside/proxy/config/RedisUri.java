package dev.nearside.proxy.config;

import static java.util.stream.Collectors.joining;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code redis://[user:password@]host[:port][/database]}, {@code redis-sentinel://[user:password@]
 * host[:port][,host[:port]…][/database]#primary}, {@code redis-cluster://[user:password@]
 * host[:port][,host[:port]…]}, {@code rediss} in their place for TLS, or {@code
 * unix://[user:password@]/path[?db=database]}; read by hand: {@link java.net.URI} knows no host
 * with an underscore and wants every password encoded.
 *
 * @param discovery how the server is found; of sentinels nothing but where they are and what they
 *     are asked for
 * @param tls whether everything is reached by TLS
 */
record RedisUri(
    Discovery discovery,
    boolean tls,
    @Nullable String user,
    @Nullable String password,
    int database) {
  static final int DEFAULT_PORT = 6379;
  private static final int SENTINEL_PORT = 26_379;
  private static final String SEPARATOR = "://";
  private static final String DATABASE_PARAMETER = "?db=";
  private static final Set<String> PLAIN = Set.of("redis", "valkey");
  private static final Set<String> TLS =
      Set.of("rediss", "valkeys", "rediss-sentinel", "rediss-cluster");
  private static final Set<String> UNIX = Set.of("unix", "redis-socket");
  private static final Set<String> SENTINEL = Set.of("redis-sentinel", "rediss-sentinel");
  private static final Set<String> CLUSTER = Set.of("redis-cluster", "rediss-cluster");
  private static final int LARGEST_DATABASE = 1_000_000;

  static Parsed<RedisUri> parse(String text) {
    int end = text.indexOf(SEPARATOR);
    String scheme = end < 0 ? "" : text.substring(0, end);
    boolean tls = TLS.contains(scheme);
    boolean sentinel = SENTINEL.contains(scheme);
    boolean cluster = CLUSTER.contains(scheme);
    if (!tls && !sentinel && !cluster && !PLAIN.contains(scheme) && !UNIX.contains(scheme)) {
      return Parsed.refused("is not the URI of a Redis server");
    }
    String rest = text.substring(end + SEPARATOR.length());
    int at = rest.lastIndexOf('@');
    String location = rest.substring(at + 1);
    Parsed<RedisUri> reached;
    if (sentinel) {
      reached = ofSentinels(location, tls);
    } else if (cluster) {
      reached = ofCluster(location, tls);
    } else {
      reached = UNIX.contains(scheme) ? ofSocket(location) : ofHost(location, tls);
    }
    return at >= 0 && reached instanceof Parsed.Good<RedisUri>(RedisUri uri)
        ? withCredentials(rest.substring(0, at), uri)
        : reached;
  }

  private static Parsed<RedisUri> ofHost(String location, boolean tls) {
    if (location.indexOf('?') >= 0 || location.indexOf('#') >= 0) {
      return Parsed.refused("has parameters after the database, and none are known");
    }
    if (location.indexOf(',') >= 0) {
      return Parsed.refused(
          "names several hosts; expected one, or redis-cluster://host,host or"
              + " redis-sentinel://host,host#primary");
    }
    int slash = location.indexOf('/');
    Integer database = slash < 0 ? Integer.valueOf(0) : databaseOf(location.substring(slash + 1));
    Address address =
        Addresses.hostAndPort(slash < 0 ? location : location.substring(0, slash), DEFAULT_PORT);
    return address == null || address.port() == 0 || database == null
        ? Parsed.refused()
        : Parsed.good(new RedisUri(new Discovery.Fixed(address), tls, null, null, database));
  }

  private static Parsed<RedisUri> ofSentinels(String location, boolean tls) {
    int hash = location.indexOf('#');
    String primary = hash < 0 ? "" : location.substring(hash + 1);
    if (!primary.matches("[A-Za-z0-9._-]+")) {
      return Parsed.refused("does not end with # and the name that the sentinels have for it");
    }
    String before = location.substring(0, hash);
    int slash = before.indexOf('/');
    Integer database = slash < 0 ? Integer.valueOf(0) : databaseOf(before.substring(slash + 1));
    List<Address> addresses =
        addresses(slash < 0 ? before : before.substring(0, slash), SENTINEL_PORT);
    return database == null || addresses.isEmpty()
        ? Parsed.refused()
        : Parsed.good(
            new RedisUri(
                new Discovery.Sentinels(addresses, primary, null, null),
                tls,
                null,
                null,
                database));
  }

  private static Parsed<RedisUri> ofCluster(String location, boolean tls) {
    int slash = location.indexOf('/');
    if (slash >= 0 && !location.substring(slash).matches("/0?")) {
      return Parsed.refused("names a database, and a cluster has only 0");
    }
    List<Address> seeds =
        addresses(slash < 0 ? location : location.substring(0, slash), DEFAULT_PORT);
    return seeds.isEmpty()
        ? Parsed.refused()
        : Parsed.good(new RedisUri(new Discovery.Cluster(seeds), tls, null, null, 0));
  }

  /** Returns nothing where one of them is no address. */
  private static List<Address> addresses(String text, int defaultPort) {
    List<Address> addresses = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      Address address = Addresses.hostAndPort(each, defaultPort);
      if (address == null || address.port() == 0) {
        return List.of();
      }
      addresses.add(address);
    }
    return List.copyOf(addresses);
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
              : Parsed.good(
                  new RedisUri(new Discovery.Fixed(address), false, null, null, database));
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
            uri.discovery,
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
    return switch (discovery) {
      case Discovery.Fixed(Address address) when address.isUnixSocket() ->
          "unix://" + address.host() + (database == 0 ? "" : DATABASE_PARAMETER + database);
      case Discovery.Fixed(Address address) ->
          (tls ? "rediss://" : "redis://") + Addresses.text(address) + "/" + database;
      case Discovery.Sentinels sentinels ->
          (tls ? "rediss-sentinel://" : "redis-sentinel://")
              + texts(sentinels.addresses())
              + "/"
              + database
              + "#"
              + sentinels.primary();
      case Discovery.Cluster(List<Address> seeds) ->
          (tls ? "rediss-cluster://" : "redis-cluster://") + texts(seeds);
    };
  }

  private static String texts(List<Address> addresses) {
    return addresses.stream().map(Addresses::text).collect(joining(","));
  }

  /**
   * Returns a Redis or JDBC URI, well-formed or not, with everything that may be a password hidden.
   */
  static String withoutSecrets(String text) {
    return text.replaceAll("(?s)^(.*?://)?.*@", "$1***@")
        .replaceAll("(?is)(password)=[^&]*", "$1=***");
  }
}
