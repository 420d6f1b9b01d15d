package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.Upstream;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.security.SecurityFiles;
import dev.nearside.proxy.security.TlsClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The clients of Lettuce that make the sidecar's own connections; on the clients' event loops where
 * {@link ClientLoops} suit. Thread-safe; closed by its maker.
 */
final class AsyncClients implements AutoCloseable {
  private static final int OWN_LOOPS = 2;

  /** Sentinels have users of their own, who do not change. */
  private static final Credentials NOBODY = new Credentials("", null);

  private final UpstreamUris uris;
  private final Supplier<Credentials> own;
  private final ClientResources resources;
  private final AsyncClient tracking;
  private final AsyncClient administration;

  /** What it has made stays when the upstream moves, unlike what the others have. */
  private final AsyncClient sentinels;

  AsyncClients(Upstream upstream, SecurityFiles security, Sockets sockets) {
    uris = new UpstreamUris(upstream, security.upstream());
    own = security.credentials();
    resources = resources(sockets);
    ClientOptions neverTimedOut =
        options(upstream, security)
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
            .build();
    tracking = AsyncClient.of(resources, own);
    tracking.setOptions(neverTimedOut);
    sentinels = AsyncClient.of(resources, () -> NOBODY);
    sentinels.setOptions(neverTimedOut);
    administration = AsyncClient.of(resources, own);
    administration.setOptions(
        options(upstream, security)
            .autoReconnect(false)
            .timeoutOptions(TimeoutOptions.enabled(upstream.connectTimeout()))
            .build());
  }

  private static ClientResources resources(Sockets sockets) {
    DefaultClientResources.Builder builder =
        DefaultClientResources.builder()
            .ioThreadPoolSize(OWN_LOOPS)
            .computationThreadPoolSize(2)
            .commandLatencyRecorder(CommandLatencyRecorder.disabled());
    if (ClientLoops.suit(sockets)) {
      builder.eventLoopGroupProvider(new ClientLoops(sockets));
    }
    return builder.build();
  }

  private static ClientOptions.Builder options(Upstream upstream, SecurityFiles security) {
    ClientOptions.Builder options = ClientOptions.builder();
    TlsClient tls = security.upstream();
    if (tls != null) {
      options.sslOptions(
          SslOptions.builder()
              .jdkSslProvider()
              .handshakeTimeout(upstream.connectTimeout())
              .sslContext(tls::use)
              .build());
    }
    return options
        .protocolVersion(ProtocolVersion.RESP3)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .socketOptions(
            SocketOptions.builder()
                .connectTimeout(upstream.connectTimeout())
                .keepAlive(true)
                .tcpNoDelay(true)
                .build());
  }

  /** Returns how servers are reached. */
  UpstreamUris uris() {
    return uris;
  }

  /** Returns the client for sentinels, on whose connections no command times out. */
  AsyncClient sentinels() {
    return sentinels;
  }

  /**
   * Returns what makes connections on which no command times out.
   *
   * @param at says where, or null where nobody has said so yet
   * @param name what they are called at the server
   */
  Connector tracking(Supplier<@Nullable Address> at, int database, String name) {
    return connector(tracking, at, own, database, name);
  }

  /** As {@link #tracking}, but commands time out. */
  Connector administration(Supplier<@Nullable Address> at, int database, String name) {
    return connector(administration, at, own, database, name);
  }

  /** As {@link #administration}, as {@code other} than the sidecar's own user of now. */
  Connector trial(Supplier<@Nullable Address> at, Credentials other, int database, String name) {
    return connector(administration, at, () -> other, database, name);
  }

  private Connector connector(
      AsyncClient client,
      Supplier<@Nullable Address> at,
      Supplier<Credentials> who,
      int database,
      String name) {
    return Connector.to(
        client,
        () -> {
          Address now = at.get();
          return now == null ? null : uris.uri(now, who, database, name);
        });
  }

  /** The upstream has moved: closes what leads there; its owners make it anew. */
  void closeAll() {
    tracking.closeAll();
    administration.closeAll();
  }

  /** Closes what acts as another user than the one of now; its owners make it anew. */
  void closeOtherUsers() {
    tracking.closeOtherUsers();
    administration.closeOtherUsers();
  }

  @Override
  public void close() {
    tracking.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    administration.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    sentinels.shutdownAsync(0, 2, TimeUnit.SECONDS).join();
    resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
