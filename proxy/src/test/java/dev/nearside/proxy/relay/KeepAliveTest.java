package dev.nearside.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The options as the kernel holds them, read back from an accepted socket. */
class KeepAliveTest {
  private interface Reading {
    void of(Channel accepted) throws Exception;
  }

  static Stream<Named<Transport>> transports() {
    return Stream.of(
            Transport.nio(),
            Epoll.isAvailable() ? Transport.epoll() : Transport.nio(),
            IoUring.isAvailable() ? Transport.ioUring() : Transport.nio())
        .distinct()
        .map(transport -> Named.of(transport.label(), transport));
  }

  private static void accepted(Transport transport, int seconds, Reading reading) throws Exception {
    CompletableFuture<Channel> accepted = new CompletableFuture<>();
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, transport.ioHandler());
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.tcp().server())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
                    accepted.complete(channel);
                  }
                });
    transport.keepAlive().accept(bootstrap, seconds);
    try {
      Channel server = bootstrap.bind(InetAddress.getLoopbackAddress(), 0).sync().channel();
      int port = ((InetSocketAddress) server.localAddress()).getPort();
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(client.isConnected()).isTrue();
        reading.of(accepted.get(20, TimeUnit.SECONDS));
      }
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void accept_300Seconds_probesThreeTimesAThirdApart(Transport transport) throws Exception {
    accepted(
        transport,
        300,
        channel -> {
          KeepAlive options = transport.keepAlive();
          assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
          assertThat(channel.config().getOption(options.idle())).isEqualTo(300);
          assertThat(channel.config().getOption(options.interval())).isEqualTo(100);
          assertThat(channel.config().getOption(options.count())).isEqualTo(3);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void accept_twoSeconds_probesEverySecond(Transport transport) throws Exception {
    accepted(
        transport,
        2,
        channel ->
            assertThat(channel.config().getOption(transport.keepAlive().interval())).isEqualTo(1));
  }

  @ParameterizedTest
  @MethodSource("transports")
  void accept_zero_probesNever(Transport transport) throws Exception {
    accepted(
        transport,
        0,
        channel -> assertThat(channel.config().getOption(ChannelOption.SO_KEEPALIVE)).isFalse());
  }
}
