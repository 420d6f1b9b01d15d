package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.command.CommandTable;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.relay.RelayListener;
import dev.nearside.proxy.relay.UpstreamAddress;
import dev.nearside.proxy.scene.Nobody;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Audit;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.prometheus.client.CollectorRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A client from elsewhere that has not said who it is may send next to nothing. */
class StrangerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final String NO_AUTH = "-NOAUTH Authentication required.\r\n";

  /** Nobody is upstream. */
  private static final class Silence implements RelayListener {
    @Override
    public void connected(String kind, String info) {}

    @Override
    public void disconnected(String kind, String info) {}

    @Override
    public void failed(Reason reason) {}
  }

  private static EmbeddedChannel connect(boolean trusted) {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.pipeline().addLast(new ClientConnection(channel, context(channel), trusted, () -> {}));
    return channel;
  }

  private static LoopContext context(EmbeddedChannel channel) {
    Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
    LocalTier local = new LocalTier(1 << 20, 4096);
    Coherence coherence = new Coherence(local, List.of(0), SECOND, metrics);
    ReadPath reads =
        new ReadPath(
            coherence,
            local,
            Map.of(),
            Namespaces.of(List.of()),
            new Guard("redis", Guard.Limits.defaults(1), Clock.systemUTC()),
            null,
            new Audit(
                coherence,
                local,
                name -> CompletableFuture.completedFuture(null),
                Duration.ZERO,
                0,
                metrics),
            new ReadPath.Policy(1024, SECOND, Duration.ZERO, true, false, SECOND, SECOND, 0),
            metrics);
    UpstreamAddress nowhere = new UpstreamAddress("127.0.0.1", 1, "default", "secret", SECOND);
    return new LoopContext(
        new Lanes(
            channel.eventLoop(), EmbeddedChannel.class, nowhere, new Silence(), new ConnectPace()),
        reads,
        coherence,
        Nobody.invalidation(coherence, metrics),
        CommandTable::builtIn,
        metrics.addLoop(() -> 0),
        new ServerPolicy(
            1, 1 << 20, 1 << 20, 1 << 20, 0, Duration.ZERO, 0, 0, 1_000_000_000L, 1L, false, false),
        new ReadQuota(),
        new LookupKey(),
        new Shard.Found());
  }

  private static String answer(EmbeddedChannel channel, String request) {
    channel.writeInbound(
        Unpooled.buffer().writeBytes(request.getBytes(StandardCharsets.ISO_8859_1)));
    channel.runPendingTasks();
    StringBuilder replies = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      replies.append(out.toString(StandardCharsets.ISO_8859_1));
      out.release();
    }
    return replies.toString();
  }

  @Test
  void manyArguments_ofAStranger_areRefusedAndItIsClosed() {
    EmbeddedChannel stranger = connect(false);
    assertThat(answer(stranger, "GET k\r\n*11\r\n"))
        .isEqualTo(NO_AUTH + "-ERR Protocol error: unauthenticated multibulk length\r\n");
    assertThat(stranger.isOpen()).isFalse();
  }

  @Test
  void longArgument_ofAStranger_isRefusedAndItIsClosed() {
    EmbeddedChannel stranger = connect(false);
    assertThat(answer(stranger, "*2\r\n$3\r\nGET\r\n$16385\r\n"))
        .isEqualTo("-ERR Protocol error: unauthenticated bulk length\r\n");
    assertThat(stranger.isOpen()).isFalse();
  }

  @Test
  void mostAllowed_ofAStranger_isAnsweredAndItStays() {
    EmbeddedChannel stranger = connect(false);
    String argument = "$16384\r\n" + "x".repeat(16_384) + "\r\n";
    assertThat(answer(stranger, "*10\r\n" + argument.repeat(10))).isEqualTo(NO_AUTH);
    assertThat(answer(stranger, "GET k\r\n")).isEqualTo(NO_AUTH);
    assertThat(stranger.isOpen()).isTrue();
    stranger.close();
  }

  @Test
  void sameRequests_ofATrustedClient_areNotRefused() {
    EmbeddedChannel trusted = connect(true);
    assertThat(answer(trusted, "*11\r\n$4\r\nMGET\r\n")).isEmpty();
    assertThat(trusted.isOpen()).isTrue();
    trusted.close();
  }

  @Test
  void request_ofAStranger_isRefusedInTheOrderOfRedis() {
    EmbeddedChannel stranger = connect(false);
    assertThat(answer(stranger, "GET\r\nEXEC\r\nEXEC x\r\nCONFIG\r\n"))
        .isEqualTo(
            "-ERR wrong number of arguments for 'get' command\r\n"
                + "-EXECABORT Transaction discarded because of: NOAUTH Authentication required.\r\n"
                + "-EXECABORT Transaction discarded because of: wrong number of arguments for"
                + " 'exec' command\r\n"
                + "-ERR wrong number of arguments for 'config' command\r\n");
    assertThat(answer(stranger, "HELLO 3 SETNAME AUTH\r\n")).startsWith("-NOAUTH HELLO must");
    stranger.close();
  }
}
