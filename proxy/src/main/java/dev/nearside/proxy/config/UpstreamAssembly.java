package dev.nearside.proxy.config;

import dev.nearside.proxy.config.Discovery.Sentinels;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.Upstream;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Builds what is said of the upstream from settings. What is missing has a stand-in. */
final class UpstreamAssembly {
  private static final RedisUri STAND_IN =
      new RedisUri(
          new Discovery.Fixed(new Address("localhost", RedisUri.DEFAULT_PORT)),
          false,
          null,
          null,
          0);

  private final Settings settings;
  private final Problems problems;
  private final TlsAssembly tls;

  UpstreamAssembly(Settings settings, Problems problems, TlsAssembly tls) {
    this.settings = settings;
    this.problems = problems;
    this.tls = tls;
  }

  Upstream assemble() {
    RedisUri uri = settings.read("", UpstreamKeys.URI);
    if (uri == null && !problems.isRefused(UpstreamKeys.URI.path())) {
      problems.add(
          UpstreamKeys.URI.path(),
          "missing; expected the Redis behind this sidecar, for example redis://localhost:6379, in"
              + " the file, as NEARSIDE_UPSTREAM_URI or by --upstream");
    }
    RedisUri known = uri == null ? STAND_IN : uri;
    String user = credential(UpstreamKeys.USER, UpstreamKeys.USER_FILE, known.user(), "a user");
    String password =
        credential(
            UpstreamKeys.PASSWORD, UpstreamKeys.PASSWORD_FILE, known.password(), "a password");
    return new Upstream(
        withCredentials(known.discovery()),
        tls.ofUpstream(known.tls()),
        user,
        settings.read("", UpstreamKeys.USER_FILE),
        password,
        settings.read("", UpstreamKeys.PASSWORD_FILE),
        known.database(),
        settings.read("", UpstreamKeys.LOCAL_DATABASES, List.of(known.database())),
        settings.readWithDefault("", UpstreamKeys.CONNECT_TIMEOUT),
        settings.readWithDefault("", UpstreamKeys.REDIRECT_FOR),
        settings.readWithDefault("", UpstreamKeys.RETRY_READS_FOR));
  }

  /** Sentinels have credentials of their own; who has no sentinels has no use for them. */
  private Discovery withCredentials(Discovery discovery) {
    String user = settings.read("", UpstreamKeys.SENTINEL_USER);
    String password =
        new FileValues(settings, problems)
            .read(UpstreamKeys.SENTINEL_PASSWORD, UpstreamKeys.SENTINEL_PASSWORD_FILE);
    if (discovery instanceof Sentinels(List<Address> addresses, String primary, _, _)) {
      return new Sentinels(addresses, primary, user, password);
    }
    Stream.of(
            UpstreamKeys.SENTINEL_USER,
            UpstreamKeys.SENTINEL_PASSWORD,
            UpstreamKeys.SENTINEL_PASSWORD_FILE)
        .filter(key -> settings.isGiven(key.path()))
        .forEach(key ->
            problems.add(
                settings.origin(key.path()),
                key.path(),
                "given although upstream.uri names no sentinels; expected redis-sentinel://…"));
    return discovery;
  }

  /** Returns what is given by itself, in a file, or in the URI; refuses it twice. */
  private @Nullable String credential(
      Key<NearsideConfig, String> key,
      Key<NearsideConfig, String> fileKey,
      @Nullable String ofUri,
      String what) {
    settings.derive(key.path(), UpstreamKeys.URI);
    String given = new FileValues(settings, problems).read(key, fileKey);
    if (given == null) {
      return ofUri;
    }
    if (ofUri != null) {
      Key<?, ?> blamed = settings.isGiven(key.path()) ? key : fileKey;
      problems.add(
          settings.origin(blamed.path()),
          blamed.path(),
          "given although upstream.uri has " + what + " too; expected one of them");
    }
    return given;
  }
}
