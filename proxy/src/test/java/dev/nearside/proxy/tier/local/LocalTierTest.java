package dev.nearside.proxy.tier.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class LocalTierTest {
  private static final long NEVER_NS = Long.MAX_VALUE / 2;

  private final LocalTier local = new LocalTier(1 << 20, 4096);
  private final List<String> told = new ArrayList<>();

  private static LookupKey key(String name) {
    return new LookupKey().set(0, name.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] bulk(String value) {
    return ("$" + value.length() + "\r\n" + value + "\r\n").getBytes(StandardCharsets.UTF_8);
  }

  private Entry begin(LocalTier tier, String name) {
    Flight flight = new Flight(System.nanoTime());
    flight.join(
        new Flight.Reader() {
          @Override
          public void landed(Entry entry) {
            told.add("landed " + name);
          }

          @Override
          public void failed() {
            told.add("failed " + name);
          }
        });
    Entry token = tier.token(key(name), 0, 0, flight);
    assertThat(tier.begin(token)).isNull();
    return token;
  }

  @Test
  void publish_tokenStillThere_isFound() {
    Entry token = begin(local, "k");
    assertThat(local.publish(token, bulk("v"), NEVER_NS)).isTrue();
    assertThat(local.find(key("k"))).isSameAs(token);
    assertThat(token.flight()).isNull();
    assertThat(told).containsExactly("landed k");
  }

  @Test
  void publish_removedBefore_tellsReadersAndHoldsNothing() {
    Entry token = begin(local, "k");
    local.remove(key("k"));
    assertThat(local.publish(token, bulk("v"), NEVER_NS)).isFalse();
    assertThat(local.find(key("k"))).isNull();
    assertThat(told).containsExactly("landed k");
  }

  @Test
  void publish_anotherFlightOfTheKeyIsThere_leavesItAlone() {
    Entry dead = begin(local, "k");
    local.remove(key("k"));
    Entry living = begin(local, "k");
    assertThat(local.publish(dead, bulk("old"), NEVER_NS)).isFalse();
    assertThat(local.find(key("k"))).isSameAs(living);
    assertThat(living.flight()).isNotNull();
  }

  @Test
  void publish_removalArrivesWithinIt_removalWins() throws InterruptedException {
    for (int round = 0; round < 2_000; round++) {
      Entry token = begin(local, "k");
      AtomicReference<Boolean> go = new AtomicReference<>(false);
      Thread remover =
          Thread.ofPlatform()
              .start(() -> {
                while (!go.get()) {
                  Thread.onSpinWait();
                }
                local.remove(key("k"));
              });
      go.set(true);
      local.publish(token, bulk("v"), NEVER_NS);
      remover.join();
      assertThat(local.find(key("k"))).isNull();
    }
  }

  @Test
  void bytes_publishedAndRemoved_followWhatIsHeld() {
    Entry token = begin(local, "k");
    long inFlight = local.bytes();
    assertThat(inFlight).isEqualTo(Weight.of(new byte[Held.HEAD_BYTES + 1]));
    local.publish(token, bulk("v".repeat(1000)), NEVER_NS);
    assertThat(local.bytes()).isEqualTo(inFlight + 1000);
    local.remove(key("k"));
    assertThat(local.bytes()).isZero();
    assertThat(local.entries()).isZero();
  }

  @Test
  void setMaxBytes_evictsTokens_andTheirFlightsCannotPublish() {
    Entry token = begin(local, "k");
    local.setMaxBytes(0);
    assertThat(local.find(key("k"))).isNull();
    local.setMaxBytes(1 << 20);
    assertThat(local.publish(token, bulk("v"), NEVER_NS)).isFalse();
    assertThat(local.find(key("k"))).isNull();
  }

  @Test
  void abandon_tellsReadersOnceAndRemovesOnlyItself() {
    Entry dead = begin(local, "k");
    local.remove(key("k"));
    Entry living = begin(local, "k");
    local.abandon(dead);
    local.abandon(dead);
    assertThat(told).containsExactly("failed k");
    assertThat(local.find(key("k"))).isSameAs(living);
  }

  @Test
  void deliver_tellsReadersAndHoldsNothing() {
    Entry token = begin(local, "k");
    local.deliver(token, bulk("v"), NEVER_NS);
    assertThat(told).containsExactly("landed k");
    assertThat(local.find(key("k"))).isNull();
  }

  @Test
  void deliver_largeAndCompressible_takesNoTimeToCompressIt() {
    Entry token = begin(local, "k");
    local.deliver(token, bulk("abc".repeat(10_000)), NEVER_NS);
    assertThat(token.isCompressed()).isFalse();
  }

  @Test
  void publish_largeAndCompressible_isHeldSmallAndWrittenWhole() {
    byte[] reply = bulk("abc".repeat(10_000));
    Entry token = begin(local, "k");
    local.publish(token, reply, NEVER_NS);
    assertThat(token.isCompressed()).isTrue();
    assertThat(local.bytes()).isLessThan(reply.length / 5);
    ByteBuf out = Unpooled.buffer();
    Compression.writeReply(token, out);
    byte[] written = new byte[out.readableBytes()];
    out.readBytes(written);
    assertThat(written).isEqualTo(reply);
    assertThat(token.replyLength()).isEqualTo(reply.length);
  }

  @Test
  void find_sameNameInAnotherDatabase_isAnotherKey() {
    local.publish(begin(local, "k"), bulk("v"), NEVER_NS);
    assertThat(local.find(key("k").in(1))).isNull();
  }

  @Test
  void find_hit_allocatesNothing() {
    local.publish(begin(local, "k"), bulk("v"), NEVER_NS);
    LookupKey key = key("k");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long found = 0;
    for (int i = 0; i < 200_000; i++) {
      found += local.find(key) == null ? 0 : 1;
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100_000; i++) {
      found += local.find(key) == null ? 0 : 1;
    }
    long perHit = (threads.getCurrentThreadAllocatedBytes() - before) / 100_000;
    assertThat(perHit).isZero();
    assertThat(found).isEqualTo(300_000);
  }
}
