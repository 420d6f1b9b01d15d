package dev.nearside.proxy.config;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration, complete: every value is set, defaults included.
 *
 * @param listen where clients connect, {@code host:port} or {@code unix:/path}
 * @param listenMode the permissions of a Unix socket's file ({@code unixsocketperm}), as {@code
 *     chmod} takes them; 0 leaves what the umask gives
 * @param http where metrics, probes and administration are served
 * @param tls the files by which clients are served TLS, or null where they connect in clear
 * @param trust who acts as the sidecar's own upstream user without credentials
 * @param proxyProtocol whether each client's connection begins with a header of the PROXY protocol
 * @param transport how sockets are driven
 * @param eventLoops threads that serve clients, at least 1
 * @param gracePeriod how long a stop waits for what is in flight
 * @param upstream the Redis behind this sidecar
 * @param l1 the local cache
 * @param coherence how L1 stays true
 * @param database the PostgreSQL behind the namespaces, or null when there is none
 * @param namespaces per-prefix policies, in the order of the file; the first match wins
 * @param queries what {@code NEARSIDE.QUERY} runs, in the order of the file
 * @param limits bounds on clients
 */
public record NearsideConfig(
    Address listen,
    int listenMode,
    Address http,
    Trust trust,
    @Nullable Tls tls,
    boolean proxyProtocol,
    Transport transport,
    int eventLoops,
    Duration gracePeriod,
    Upstream upstream,
    L1 l1,
    Coherence coherence,
    @Nullable Database database,
    List<Namespace> namespaces,
    List<Query> queries,
    Limits limits) {

  /** Returns the namespaces of queries, whose keys are Nearside's own, and then all others. */
  public List<Namespace> allNamespaces() {
    return Stream.concat(queries.stream().map(Query::asNamespace), namespaces.stream()).toList();
  }

  /** A TCP host and port (0 lets the system choose), or a Unix socket path with port -1. */
  public record Address(String host, int port) {
    /** Returns whether this names a Unix socket, whose path is then {@link #host()}. */
    public boolean isUnixSocket() {
      return port < 0;
    }

    @Override
    public String toString() {
      return isUnixSocket() ? "unix:" + host : Addresses.text(host, port);
    }
  }

  /**
   * Who acts as the sidecar's own upstream user without saying who it is: clients on this host, or
   * whoever reaches the listener. Everybody else has to authenticate.
   */
  public enum Trust {
    LOOPBACK,
    NETWORK
  }

  /**
   * How sockets are driven; {@code AUTO} takes io_uring only when asked, epoll where it loads, else
   * NIO.
   */
  public enum Transport {
    AUTO,
    EPOLL,
    IO_URING,
    NIO
  }

  /** What is checked of a server's certificate: that it names the host, too, or who signed it. */
  public enum TlsVerify {
    FULL,
    CA
  }

  /**
   * The PEM files of one side of TLS.
   *
   * @param certificateFile its own certificate and those of its issuers, or null where it has none
   * @param keyFile that certificate's private key, or null likewise
   * @param authoritiesFile who may have signed the other side's certificate; where null, a server
   *     asks clients for none, and a client takes Java's own authorities
   * @param verify what a client checks of the server's certificate
   */
  public record Tls(
      @Nullable String certificateFile,
      @Nullable String keyFile,
      @Nullable String authoritiesFile,
      TlsVerify verify) {}

  /**
   * The upstream Redis.
   *
   * @param discovery how its servers are found
   * @param tls the files by which it is reached by TLS, or null where it is in clear
   * @param user the ACL user the sidecar acts as, or null for {@code default}
   * @param userFile from which that was read, to be read again, or null
   * @param password that user's password, or null where none is asked
   * @param passwordFile from which that was read, to be read again, or null
   * @param database the database clients start in
   * @param localDatabases the databases whose reads may be local; contains {@code database}
   * @param connectTimeout bound on connect and handshake
   * @param redirectFor how long a command that no node of a cluster takes is sent again
   * @param retryReadsFor how long a GET that was not answered is sent again; zero for never
   */
  public record Upstream(
      Discovery discovery,
      @Nullable Tls tls,
      @Nullable String user,
      @Nullable String userFile,
      @Nullable String password,
      @Nullable String passwordFile,
      int database,
      List<Integer> localDatabases,
      Duration connectTimeout,
      Duration redirectFor,
      Duration retryReadsFor) {
    @Override
    public String toString() {
      String uri = new RedisUri(discovery, tls != null, null, null, database).toString();
      return user == null
          ? uri
          : uri.replaceFirst("://", "$0" + Matcher.quoteReplacement(user) + "@");
    }
  }

  /**
   * The local cache.
   *
   * @param mode whether L1 serves, only checks itself, or is off
   * @param maxBytes bound on keys, values and their bookkeeping
   * @param maxEntryBytes larger values are never held
   * @param maxTtl cap on the life of an entry, whatever Redis says
   * @param compressAboveBytes values of at least this size are held LZ4-compressed when that saves
   *     a fifth
   * @param admissionWindow a key is filled on its second request within this time; zero fills at
   *     once
   * @param touchInterval how often the upstream is told which keys are in use; zero for never
   * @param mget how a local MGET comes about
   * @param skipsChurning whether keys that change more often than they are served are not held
   * @param refreshesEarly whether hot entries are read again just before they expire
   */
  public record L1(
      L1Mode mode,
      long maxBytes,
      int maxEntryBytes,
      Duration maxTtl,
      int compressAboveBytes,
      Duration admissionWindow,
      Duration touchInterval,
      MgetMode mget,
      boolean skipsChurning,
      boolean refreshesEarly) {}

  /**
   * {@code ON} serves; {@code SHADOW} fills and compares each read with what it would have served,
   * but serves nothing; {@code OFF} holds nothing.
   */
  public enum L1Mode {
    ON,
    SHADOW,
    OFF
  }

  /**
   * By what L1 stays true: {@code TRACKING} by the upstream's pushes; {@code TTL} by serving
   * nothing that is older than the staleness allowed, for upstreams that push nothing; {@code OFF}
   * by holding nothing.
   */
  public enum CoherenceMode {
    TRACKING,
    TTL,
    OFF
  }

  /**
   * Where a read goes whose key L1 is not to hold: {@code RELAYED} the client's own way; {@code
   * ORDERED} on the tracked connection; {@code AUTO} there only where the upstream is far away.
   */
  public enum UnheldReads {
    AUTO,
    RELAYED,
    ORDERED
  }

  /** How a local MGET comes about: as one snapshot, or key by key. */
  public enum MgetMode {
    SNAPSHOT,
    MERGE
  }

  /**
   * How L1 stays true.
   *
   * @param mode by what
   * @param maxStaleness a local read is never older than this
   * @param heartbeat the longest silence on the tracked connection before it is pinged
   * @param fillTimeout bound on one tracked read
   * @param maxTrackedKeys the most keys that the upstream is made to remember, about
   * @param permissionTtl the oldest that what is known of the sidecar's own permissions may be
   * @param auditInterval one local read in each is compared with Redis; zero compares none
   * @param unheldReads where reads of keys go that are not to be held
   */
  public record Coherence(
      CoherenceMode mode,
      Duration maxStaleness,
      Duration heartbeat,
      Duration fillTimeout,
      int maxTrackedKeys,
      Duration permissionTtl,
      Duration auditInterval,
      UnheldReads unheldReads) {}

  /**
   * The database of the namespaces.
   *
   * @param url a JDBC URL, {@code jdbc:postgresql://…}
   * @param user its user
   * @param password its password, or null
   * @param poolSize connections, and so the most concurrent queries
   * @param timeout bound on one read: waiting for a connection and the statement together
   * @param maxBatch the most keys in one statement
   * @param compressAboveBytes values of at least this size are stored LZ4-compressed when that
   *     saves a fifth
   * @param capture whose changes are followed
   */
  public record Database(
      String url,
      @Nullable String user,
      @Nullable String password,
      int poolSize,
      Duration timeout,
      int maxBatch,
      int compressAboveBytes,
      Capture capture) {
    @Override
    public String toString() {
      return "database of "
          + poolSize
          + " connections"; // neither password nor a URL that holds one
    }
  }

  /**
   * Which changes of the database reach Redis.
   *
   * @param tables those whose changes are followed; empty for none
   * @param publication the name of the publication that has them
   */
  public record Capture(List<DatabaseRows.Table> tables, String publication) {
    /** Follows nothing. */
    public static final Capture NONE = new Capture(List.of(), "nearside");

    /** Returns whether the rows that a namespace reads are followed. */
    public boolean covers(DatabaseRows rows) {
      return switch (rows) {
        case DatabaseRows.Query query -> false;
        case DatabaseRows.Result result -> false;
        case DatabaseRows.Table table -> tables.stream().anyMatch(each -> each.mayBe(table));
        case DatabaseRows.Store store ->
            tables.stream().anyMatch(each -> each.mayBe(DatabaseRows.Store.TABLE));
      };
    }
  }

  /**
   * A key pattern with a policy.
   *
   * @param name its name in metrics
   * @param keys the pattern, for example {@code prompt:{id:bigint}} or {@code rule:*}
   * @param l1Ttl cap on the life of an entry in L1
   * @param l2Ttl expiry given to values put into Redis from the database
   * @param negativeTtl how long "not found in the database" is remembered
   * @param strict whether reads are linearizable (answered from memory behind a barrier)
   * @param staleIfError how long what was held may be served while Redis cannot be asked
   * @param tags templates of more tags of its keys, for example {@code account:{id}}
   * @param read what a miss reads in the database, or null
   */
  public record Namespace(
      String name,
      String keys,
      Duration l1Ttl,
      Duration l2Ttl,
      Duration negativeTtl,
      boolean strict,
      Duration staleIfError,
      List<String> tags,
      @Nullable DatabaseRead read) {}

  /**
   * A statement whose results are cached by its arguments.
   *
   * @param name its name, of lower-case letters, digits and {@code -}
   * @param sql SQL whose named parameters {@code :name} stand for the arguments
   * @param arguments their names, in the order of the command
   * @param l1Ttl cap on the life of a result in L1
   * @param l2Ttl expiry given to results in Redis
   * @param strict as of a namespace
   * @param staleIfError as of a namespace
   * @param tags templates of more tags of its results, for example {@code country:{country}}
   * @param maxRows a result of more rows is an error
   * @param maxBytes a larger result is an error
   */
  public record Query(
      String name,
      String sql,
      List<String> arguments,
      Duration l1Ttl,
      Duration l2Ttl,
      boolean strict,
      Duration staleIfError,
      List<String> tags,
      int maxRows,
      int maxBytes) {
    /** What the names of queries' namespaces, and their first tags, begin with. */
    public static final String PREFIX = "query:";

    /**
     * Returns it as the namespace {@code query:NAME}, whose keys are {@code
     * nearside:query:NAME:ARGUMENT:…}.
     */
    public Namespace asNamespace() {
      StringBuilder keys = new StringBuilder("nearside:").append(PREFIX).append(name);
      arguments.forEach(argument -> keys.append(":{").append(argument).append('}'));
      return new Namespace(
          PREFIX + name,
          keys.toString(),
          l1Ttl,
          l2Ttl,
          Duration.ZERO,
          strict,
          staleIfError,
          tags,
          new DatabaseRead(
              new DatabaseRows.Result(sql, maxRows, maxBytes), "*", WhenUnavailable.ERROR));
    }
  }

  /**
   * What a miss of a namespace reads.
   *
   * @param rows where the rows are
   * @param value the column whose value is the key's, or {@code *} for the whole row as JSON
   * @param whenUnavailable what a miss answers while the database cannot be asked
   * @param write what becomes of writes of its keys
   * @param durability what Redis has to promise of those that the database has not taken
   * @param outboxLimit the most keys that the database has not taken
   */
  public record DatabaseRead(
      DatabaseRows rows,
      String value,
      WhenUnavailable whenUnavailable,
      WriteMode write,
      Durability durability,
      int outboxLimit) {
    /** Reads what a statement selects, and writes nothing. */
    public DatabaseRead(String query, String value, WhenUnavailable whenUnavailable) {
      this(new DatabaseRows.Query(query), value, whenUnavailable);
    }

    /** Writes nothing. */
    public DatabaseRead(DatabaseRows rows, String value, WhenUnavailable whenUnavailable) {
      this(rows, value, whenUnavailable, WriteMode.ASIDE, Durability.FSYNC, 0);
    }
  }

  /** What becomes of writes of keys that have rows in the database. */
  public enum WriteMode {
    /** They go to Redis; whoever changes the row does so by itself. */
    ASIDE,
    /** They change the row first, then Redis, and are answered then. */
    THROUGH,
    /** They change Redis, are answered then, and change the row later. */
    BEHIND
  }

  /** What Redis has to promise before writes are acknowledged that the database has not taken. */
  public enum Durability {
    /** An acknowledged write is on disk, and nothing of it is evicted. */
    FSYNC,
    /** Whatever the upstream's settings come to. */
    WEAKER
  }

  /** The answer to a miss while the database cannot be asked. */
  public enum WhenUnavailable {
    ERROR,
    NIL
  }

  /**
   * Bounds on clients, with Redis's own meaning where Redis has them.
   *
   * @param maxClients connections accepted at once
   * @param maxBulkBytes the longest bulk string of a request ({@code proto-max-bulk-len})
   * @param maxQueryBufferBytes how much of one argument may come ({@code
   *     client-query-buffer-limit})
   * @param maxOutputBytes replies a client may leave unread before it is closed
   * @param idleTimeout how long a client may be idle ({@code timeout}); zero is for ever
   * @param tcpKeepalive silence after which TCP asks whether a client is still there ({@code
   *     tcp-keepalive}), in whole seconds; zero never asks
   */
  public record Limits(
      int maxClients,
      long maxBulkBytes,
      long maxQueryBufferBytes,
      long maxOutputBytes,
      Duration idleTimeout,
      Duration tcpKeepalive) {}
}
