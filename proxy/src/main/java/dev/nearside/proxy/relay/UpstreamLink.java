package dev.nearside.proxy.relay;

import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.security.TlsClient;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How the upstream is reached, and as whom. Shared by all event loops.
 *
 * @param place says where it listens now, or null where nobody has said so yet; a host name is
 *     looked up at each connect
 * @param primaryOnly whether a node that is no primary is as good as none
 * @param channelType connects there
 * @param tls secures it, or null where it is in clear
 * @param credentials says as whom the sidecar acts on a connection that is made now
 * @param connectTimeout bound on connect and greeting together
 * @param pace how often the upstream is tried while it cannot be reached
 */
public record UpstreamLink(
    Supplier<@Nullable SocketAddress> place,
    boolean primaryOnly,
    Class<? extends Channel> channelType,
    @Nullable TlsClient tls,
    Supplier<Credentials> credentials,
    Duration connectTimeout,
    ConnectPace pace) {
  /** Returns whether it is known where it listens; once it is, it stays so. */
  public boolean isPlaceKnown() {
    return place.get() != null;
  }

  /** Returns where it listens now, which is known. */
  SocketAddress remote() {
    return Objects.requireNonNull(place.get());
  }

  /** Returns the handler that secures a connection to {@code remote}, or null for none. */
  @Nullable SslHandler newTls(ByteBufAllocator buffers, SocketAddress remote) {
    return tls != null && remote instanceof InetSocketAddress server
        ? tls.newHandler(buffers, server)
        : null;
  }

  @Override
  public String toString() {
    return credentials.get() + "@" + place.get();
  }
}
