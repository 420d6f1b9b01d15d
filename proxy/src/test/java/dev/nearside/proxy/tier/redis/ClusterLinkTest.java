package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.cluster.ClusterMap;
import dev.nearside.proxy.cluster.HashSlot;
import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Shard;
import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.UnheldReads;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.telemetry.Metrics;
import dev.nearside.proxy.tier.local.LocalTier;
import dev.nearside.proxy.tier.redis.TrackedConnection.ReadListener;
import io.prometheus.client.CollectorRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A connection to a primary of a cluster, whose answers are given by hand. */
class ClusterLinkTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Address NODE = new Address("127.0.0.1", 1);
  private static final Address OTHER = new Address("127.0.0.1", 2);

  private final SentCommands sent = new SentCommands();
  private final List<String> lost = new ArrayList<>();
  private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(0);
  private final Metrics metrics = new Metrics(new CollectorRegistry(), List.of());
  private final Shard shard =
      new Coherence(new LocalTier(1 << 20, 4096), List.of(0), SECOND, metrics).shards().getFirst();
  private final ClusterMap map = new ClusterMap(List.of(NODE));
  private final ClusterNode node =
      new ClusterNode(
          map,
          new ClusterWatch(
              map,
              List.of(NODE),
              at -> {
                throw new IllegalStateException("nobody is asked");
              },
              scheduler),
          NODE);
  private final TrackedLink link =
      new TrackedLink(
          sent.connection(),
          shard,
          (gone, end, why) -> lost.add(why),
          List.of(),
          new TrackedSettings(
              SECOND, SECOND, SECOND, SECOND, 1000, true, true, UnheldReads.ORDERED, node),
          new TrackedContext(
              scheduler, new RelayNodes(), new ConnectPace(), Clocks.SYSTEM, metrics));
  private final long openedNs = System.nanoTime() - TimeUnit.SECONDS.toNanos(1);

  @BeforeEach
  void open() {
    give(OTHER, 0);
    shard.open(openedNs, link::pingForBarrier);
  }

  @AfterEach
  void end() {
    scheduler.shutdownNow();
  }

  /** Gives {@code address} the slots from {@code first} on, and the node those before. */
  private void give(Address address, int first) {
    @Nullable Address[] owners = new Address[HashSlot.COUNT];
    Arrays.fill(owners, NODE);
    Arrays.fill(owners, first == 0 ? HashSlot.COUNT - 1 : first, owners.length, address);
    map.update(owners);
  }

  private boolean hasClockMoved() {
    return shard.coherentAsOfNs() != openedNs;
  }

  @Test
  void heartbeat_answeredForASlotOfItsOwn_movesTheClock() {
    link.pingForBarrier();
    sent.answer(0, 0);
    assertThat(hasClockMoved()).isTrue();
    assertThat(lost).isEmpty();
  }

  @Test
  void heartbeat_ofANodeThatHasTheSlotNoMore_endsTheLinkWithTheClockWhereItWas() {
    link.pingForBarrier();
    sent.refuse(0, "MOVED 1 127.0.0.1:2");
    assertThat(hasClockMoved()).isFalse();
    assertThat(lost).singleElement().asString().contains("MOVED 1 127.0.0.1:2");
  }

  @Test
  void heartbeat_ofANodeThatTakesTheClusterForDown_endsTheLink() {
    link.pingForBarrier();
    sent.refuse(0, "CLUSTERDOWN The cluster is down");
    assertThat(hasClockMoved()).isFalse();
    assertThat(lost).hasSize(1);
  }

  @Test
  void heartbeat_inASlotThatIsLeaving_counts() {
    link.pingForBarrier();
    sent.refuse(0, "ASK 1 127.0.0.1:2");
    assertThat(hasClockMoved()).isTrue();
    assertThat(lost).isEmpty();
  }

  @Test
  void heartbeat_withoutThePermissionToAsk_asksForTheRoleFromThenOn() {
    link.pingForBarrier();
    sent.refuse(0, "NOPERM No permissions to access a key");
    assertThat(link.checks().off()).containsExactly("slots");
    link.pingForBarrier();
    assertThat(sent.get(1).getType()).hasToString("ROLE");
    sent.answer(1, "slave");
    assertThat(lost).hasSize(1);
  }

  @Test
  void read_redirected_leavesTheClockWhereItWas_andTellsThatSlotsMayHaveMoved() {
    boolean[] doubted = new boolean[1];
    map.onDoubt(() -> doubted[0] = true);
    link.read(SentCommands.bytes("k"), new Ignored());
    sent.refuse(0, "MOVED 1 127.0.0.1:2");
    sent.refuse(1, "MOVED 1 127.0.0.1:2");
    assertThat(hasClockMoved()).isFalse();
    assertThat(doubted[0]).isTrue();
    assertThat(lost).isEmpty();
  }

  @Test
  void question_aboutNoKey_leavesTheClockWhereItWas() {
    link.ask(List.of("ROLE"), told -> {});
    sent.answer(0, "master");
    assertThat(hasClockMoved()).isFalse();
  }

  @Test
  void probe_isAlwaysInASlotOfTheNode() {
    for (int first = HashSlot.COUNT - 1; first > 100; first /= 2) {
      give(OTHER, first);
      byte[] name = SentCommands.bytes(node.probe());
      assertThat(HashSlot.of(name, name.length)).isLessThan(first);
    }
  }

  private static final class Ignored implements ReadListener {
    @Override
    public void read(byte @Nullable [] value, long ttlMillis) {}

    @Override
    public void failed() {}
  }
}
