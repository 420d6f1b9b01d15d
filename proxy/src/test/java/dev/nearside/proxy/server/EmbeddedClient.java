package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.command.CommandTable;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.relay.Flushes;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.relay.Node;
import dev.nearside.proxy.relay.RelayListener;
import dev.nearside.proxy.relay.Topology;
import dev.nearside.proxy.relay.UpstreamLink;
import dev.nearside.proxy.scene.Nobody;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.Answer.Reason;
import dev.nearside.proxy.tier.Audit;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.Flight;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.tier.redis.TrackedConnections;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.prometheus.client.CollectorRegistry;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** One client's connection without a socket, in front of an L1 that is open and no upstream. */
final class EmbeddedClient {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** Nobody is upstream. */
  private static final class Silence implements RelayListener {
    @Override
    public void connected(String kind, String info) {}

    @Override
    public void disconnected(String kind, String info) {}

    @Override
    public void failed(Reason reason) {}
  }

  final EmbeddedChannel channel = new EmbeddedChannel();
  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
  private final LocalTier local = new LocalTier(1 << 20, 4096);
  private final Coherence coherence = new Coherence(local, List.of(0), MINUTE, metrics);

  private EmbeddedClient(boolean trusted) {
    coherence.setMode(L1Mode.ON);
    coherence.shards().getFirst().open(System.nanoTime(), () -> {});
    channel.pipeline().addLast(new ClientConnection(channel, context(), trusted));
  }

  /** Connects one that acts as the sidecar's own user, or has to say first who it is. */
  static EmbeddedClient connect(boolean trusted) {
    return new EmbeddedClient(trusted);
  }

  /** Returns a node that cannot be reached, another one each time. */
  static Node nowhere() {
    UpstreamLink link =
        new UpstreamLink(
            () -> InetSocketAddress.createUnresolved("127.0.0.1", 1),
            false,
            EmbeddedChannel.class,
            null,
            () -> new Credentials("default", "secret"),
            MINUTE,
            new ConnectPace());
    return new Node(link, new Silence());
  }

  private LoopContext context() {
    ReadPath reads = reads();
    Flushes flushes = new Flushes(channel.eventLoop(), reads::flush);
    return new LoopContext(
        new Lanes(flushes, Topology.of(nowhere())),
        flushes,
        reads,
        null,
        coherence,
        Nobody.invalidation(coherence, metrics),
        CommandTable::builtIn,
        metrics.addLoop(() -> 0),
        new ServerPolicy(
            1,
            1 << 20,
            1 << 20,
            1 << 20,
            0,
            Duration.ZERO,
            0,
            0,
            1_000_000_000L,
            1L,
            false,
            false,
            false,
            0,
            null),
        new ReadQuota(),
        new GrantTable(1),
        new LookupKey(),
        new Shard.Found());
  }

  private ReadPath reads() {
    return new ReadPath(
        coherence,
        local,
        new TrackedConnections(),
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
        new ReadPath.Policy(1024, MINUTE, Duration.ZERO, true, false, MINUTE, MINUTE, 0),
        metrics);
  }

  /** Puts a reply into L1 that expires at {@code expiresAtNs}. */
  void hold(String name, String reply, long expiresAtNs) {
    LookupKey key = new LookupKey().set(0, name.getBytes(StandardCharsets.UTF_8));
    long epoch = coherence.shards().getFirst().epochOf(key);
    Entry token = local.token(key, epoch, 0, new Flight(System.nanoTime()));
    local.begin(token);
    local.publish(token, reply.getBytes(StandardCharsets.UTF_8), expiresAtNs);
  }

  /** Sends bytes, and returns what was answered at once. */
  String answer(String request) {
    channel.writeInbound(
        Unpooled.buffer().writeBytes(request.getBytes(StandardCharsets.ISO_8859_1)));
    return replies();
  }

  /** Returns what has been answered since the last look. */
  String replies() {
    channel.runPendingTasks();
    StringBuilder replies = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      replies.append(out.toString(StandardCharsets.ISO_8859_1));
      out.release();
    }
    return replies.toString();
  }
}
