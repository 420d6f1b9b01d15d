package dev.nearside.proxy.config;

import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.NearsideConfig.Tls;
import dev.nearside.proxy.config.NearsideConfig.TlsVerify;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The keys below {@code upstream}, in the order in which they are shown. */
final class UpstreamKeys {
  private static final int MOST_DATABASES = 1_000_000;
  private static final ValueType<Duration> WAIT = ValueTypes.duration(Duration.ofMillis(1));
  private static final ValueType<Duration> WAIT_OR_NONE = ValueTypes.duration(Duration.ZERO);
  private static final ValueType<String> PEM = ValueTypes.PEM_FILE;

  static final Key<NearsideConfig, RedisUri> URI =
      Key.optional(
          "upstream.uri",
          ValueTypes.REDIS_URI,
          "required",
          "The Redis behind this sidecar: `redis://user:password@host:port/database`, where only the"
              + " host must be given; `unix://user:password@/path?db=database` on a Unix socket;"
              + " `redis-sentinel://user:password@host:port,host:port/database#primary` behind"
              + " sentinels; `redis-cluster://user:password@host:port,host:port` for a cluster, of"
              + " which some nodes are enough. `rediss` instead of `redis` is by TLS.",
          config ->
              new RedisUri(
                  config.upstream().discovery(),
                  config.upstream().tls() != null,
                  null,
                  null,
                  config.upstream().database()));

  static final Key<NearsideConfig, String> USER =
      Key.optional(
          "upstream.user",
          ValueTypes.text("a user", "the name of a Redis ACL user"),
          "the URI's, else Redis's default user",
          "The ACL user as which the sidecar acts.",
          config -> config.upstream().user());

  static final Key<NearsideConfig, String> USER_FILE =
      Key.optional(
          "upstream.user-file",
          ValueTypes.text("a path", "the path of a file that holds nothing but the user"),
          "none",
          "A file that holds the user's name, read again when it changes.",
          config -> null);

  static final Key<NearsideConfig, String> PASSWORD =
      Key.optional(
          "upstream.password",
          ValueTypes.SECRET,
          "the URI's, else none",
          "That user's password; never shown.",
          config -> config.upstream().password());

  static final Key<NearsideConfig, String> PASSWORD_FILE =
      Key.optional(
          "upstream.password-file",
          ValueTypes.PASSWORD_FILE,
          "none",
          "A file that holds the password; one trailing line break is dropped. It is read again when"
              + " it changes: connections made from then on use what it says.",
          config -> null);

  static final Key<NearsideConfig, String> SENTINEL_USER =
      Key.optional(
          "upstream.sentinel-user",
          ValueTypes.text("a user", "the name of an ACL user of the sentinels"),
          "their default user",
          "The ACL user as which the sidecar asks the sentinels; credentials of the URI are the"
              + " Redis servers'.",
          config -> ofSentinels(config, Sentinels::user));

  static final Key<NearsideConfig, String> SENTINEL_PASSWORD =
      Key.optional(
          "upstream.sentinel-password",
          ValueTypes.SECRET,
          "none",
          "That user's password; never shown.",
          config -> ofSentinels(config, Sentinels::password));

  static final Key<NearsideConfig, String> SENTINEL_PASSWORD_FILE =
      Key.optional(
          "upstream.sentinel-password-file",
          ValueTypes.PASSWORD_FILE,
          "none",
          "A file that holds the sentinels' password, read at the start; one trailing line break is"
              + " dropped.",
          config -> null);

  static final Key<NearsideConfig, String> TLS_CA_FILE =
      Key.optional(
          "upstream.tls-ca-file",
          PEM,
          "Java's own",
          "The authorities that may have signed the server's certificate. This and the next two are"
              + " PEM, and read again when they change.",
          config -> ofTls(config, Tls::authoritiesFile));

  static final Key<NearsideConfig, String> TLS_CERTIFICATE_FILE =
      Key.optional(
          "upstream.tls-certificate-file",
          PEM,
          "none",
          "The certificate that this sidecar shows the server, then those of its issuers.",
          config -> ofTls(config, Tls::certificateFile));

  static final Key<NearsideConfig, String> TLS_KEY_FILE =
      Key.optional(
          "upstream.tls-key-file",
          PEM,
          "none",
          "The private key of that certificate, not encrypted.",
          config -> ofTls(config, Tls::keyFile));

  static final Key<NearsideConfig, TlsVerify> TLS_VERIFY =
      Key.of(
          "upstream.tls-verify",
          ValueTypes.choice("a check", TlsVerify.class, Map.of()),
          "full",
          "What is checked of the server's certificate: `full`, who signed it, and that it names the"
              + " host of `upstream.uri`; `ca`, only who signed it.",
          config -> ofTls(config, Tls::verify));

  static final Key<NearsideConfig, List<Integer>> LOCAL_DATABASES =
      Key.optional(
          "upstream.local-databases",
          ValueTypes.wholeNumbers(0, MOST_DATABASES),
          "the URI's database",
          "The databases whose reads may be answered locally. It must contain the URI's.",
          config -> config.upstream().localDatabases());

  static final Key<NearsideConfig, Duration> CONNECT_TIMEOUT =
      Key.of(
          "upstream.connect-timeout",
          WAIT,
          "2s",
          "Bound on connect and handshake.",
          config -> config.upstream().connectTimeout());

  static final Key<NearsideConfig, Duration> REDIRECT_FOR =
      Key.of(
          "upstream.redirect-for",
          WAIT_OR_NONE,
          "2s",
          "How long a command that no node of a cluster takes, because its slot is on its way, or a"
              + " node is away that had it, is sent again before its client is told; `0s` tells it"
              + " at once. What a node may have executed is never sent twice.",
          config -> config.upstream().redirectFor());

  static final Key<NearsideConfig, Duration> RETRY_READS_FOR =
      Key.of(
          "upstream.retry-reads-for",
          WAIT_OR_NONE,
          "500ms",
          "How long a read that the upstream did not take or not answer is sent again, with waits"
              + " that grow, before its client is told; `0s` tells it at once. What may write is"
              + " never sent twice, nor a read longer than 1 KiB, with an answer that had begun, or"
              + " on a connection of its client's own.",
          config -> config.upstream().retryReadsFor());

  static final List<Key<NearsideConfig, ?>> ALL =
      List.of(
          URI,
          USER,
          USER_FILE,
          PASSWORD,
          PASSWORD_FILE,
          SENTINEL_USER,
          SENTINEL_PASSWORD,
          SENTINEL_PASSWORD_FILE,
          TLS_CA_FILE,
          TLS_CERTIFICATE_FILE,
          TLS_KEY_FILE,
          TLS_VERIFY,
          LOCAL_DATABASES,
          CONNECT_TIMEOUT,
          REDIRECT_FOR,
          RETRY_READS_FOR);

  private UpstreamKeys() {}

  private static @Nullable String ofSentinels(
      NearsideConfig config, Function<Sentinels, @Nullable String> value) {
    return config.upstream().discovery() instanceof Sentinels sentinels
        ? value.apply(sentinels)
        : null;
  }

  private static <T> @Nullable T ofTls(NearsideConfig config, Function<Tls, @Nullable T> value) {
    Tls tls = config.upstream().tls();
    return tls == null ? null : value.apply(tls);
  }
}
