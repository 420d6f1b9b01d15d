package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.Upstream;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.security.TlsClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider.ImmediateRedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What Lettuce is told of how a server of the upstream is reached. */
final class UpstreamUris {
  private final Upstream upstream;
  private final @Nullable TlsClient tls;

  /**
   * Creates those of {@code upstream}.
   *
   * @param tls secures its connections, or null where they are in clear
   */
  UpstreamUris(Upstream upstream, @Nullable TlsClient tls) {
    this.upstream = upstream;
    this.tls = tls;
  }

  /**
   * Returns the URI of a connection.
   *
   * @param address where the server listens
   * @param credentials says as whom the sidecar acts on a connection that is made then
   * @param name what the connection is called at the server
   */
  RedisURI uri(Address address, Supplier<Credentials> credentials, int database, String name) {
    RedisURI.Builder builder =
        (address.isUnixSocket()
                ? RedisURI.Builder.socket(address.host())
                : RedisURI.Builder.redis(address.host(), address.port()))
            .withDatabase(database)
            .withClientName(name)
            .withTimeout(upstream.connectTimeout());
    if (tls != null) {
      builder
          .withSsl(true)
          .withVerifyPeer(tls.checksName() ? SslVerifyMode.FULL : SslVerifyMode.CA);
    }
    return builder
        .withAuthentication((ImmediateRedisCredentialsProvider) () -> lettuces(credentials.get()))
        .build();
  }

  private static RedisCredentials lettuces(Credentials own) {
    String password = own.password();
    return password == null
        ? RedisCredentials.just(null, (CharSequence) null)
        : RedisCredentials.just(own.user(), password);
  }
}
