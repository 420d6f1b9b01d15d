package dev.nearside.proxy.relay;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import jdk.net.ExtendedSocketOptions;

/**
 * The options of one transport by which the kernel finds out that the other side of an idle
 * connection has gone without a word.
 *
 * @param idle seconds of silence before the first probe
 * @param interval seconds between probes
 * @param count unanswered probes after which the connection is dead
 */
public record KeepAlive(
    ChannelOption<Integer> idle, ChannelOption<Integer> interval, ChannelOption<Integer> count) {
  private static final int PROBES = 3;

  static final KeepAlive NIO =
      new KeepAlive(
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT));

  /** Of epoll; loads no native library. */
  static KeepAlive epoll() {
    return new KeepAlive(
        EpollChannelOption.TCP_KEEPIDLE,
        EpollChannelOption.TCP_KEEPINTVL,
        EpollChannelOption.TCP_KEEPCNT);
  }

  /** Of io_uring; loads no native library. */
  static KeepAlive ioUring() {
    return new KeepAlive(
        IoUringChannelOption.TCP_KEEPIDLE,
        IoUringChannelOption.TCP_KEEPINTVL,
        IoUringChannelOption.TCP_KEEPCNT);
  }

  /**
   * Sets it for what {@code bootstrap} will accept, as Redis does for its {@code tcp-keepalive}: a
   * dead peer is found out after twice as long.
   *
   * @param seconds of silence before the first probe; 0 sends none
   */
  public void accept(ServerBootstrap bootstrap, int seconds) {
    bootstrap.childOption(ChannelOption.SO_KEEPALIVE, seconds > 0);
    if (seconds > 0) {
      bootstrap
          .childOption(idle, seconds)
          .childOption(interval, Math.max(1, seconds / PROBES))
          .childOption(count, PROBES);
    }
  }
}
