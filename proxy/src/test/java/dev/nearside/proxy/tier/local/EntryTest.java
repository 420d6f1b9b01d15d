package dev.nearside.proxy.tier.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an entry keeps, and that it gives it back as it was. */
class EntryTest {
  private static final long BASE_NS = -5_000;

  private final Cohort cohort = new Cohort(3, -7, 12, BASE_NS);
  private final Compression compression = new Compression(16);

  private Entry flying(String name) {
    return new Entry(key(3, name), cohort, new Flight(BASE_NS + Cohort.TICK_NS));
  }

  private Entry landed(byte[] reply) {
    Entry entry = flying("name");
    entry.land(reply, null, BASE_NS + 9 * Cohort.TICK_NS);
    return entry;
  }

  private static LookupKey key(int database, String name) {
    return new LookupKey().set(database, name.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] bulk(int length) {
    return bytes("$" + length + "\r\n" + "v".repeat(length) + "\r\n");
  }

  private static byte[] written(Entry entry) {
    ByteBuf out = Unpooled.buffer(0);
    Compression.writeReply(entry, out);
    return ByteBufUtil.getBytes(out);
  }

  private static boolean shows(Entry entry, byte[] reply) {
    ByteBuf in = Unpooled.buffer().writeByte('!').writeBytes(reply).writeByte('!');
    return entry.shows(in, 1, reply.length);
  }

  @Test
  void inFlight_isItsKey() {
    Entry entry = flying("name");
    assertThat(entry.flight()).isNotNull();
    assertThat(entry.isFor(key(3, "name"))).isTrue();
    assertThat(entry.name()).isEqualTo(bytes("name"));
    assertThat(entry.wasServed()).isFalse();
    assertThat(entry.asOfNs()).isEqualTo(BASE_NS + Cohort.TICK_NS);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 9, 10, 99, 100, 999, 1000, 1001, 9999, 10_000, 123_456, 1 << 20})
  void landed_bulkOfAnyLength_isWrittenAsItWas(int length) {
    byte[] reply = bulk(length);
    Entry entry = landed(reply);
    assertAnswersWith(entry, reply);
    assertThat(entry.weightBytes()).isLessThanOrEqualTo(112 + 16 + 4 + length + 7);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+v\r\n",
        "-ERR no\r\n",
        "$-1\r\n",
        "_\r\n",
        "$1\r\nv\r\n\r\n",
        "$01\r\nv\r\n",
        "$2\r\nv\r\n",
        "$1\r\nvv\n",
        "$\r\nabc\r\n",
        "$99999999999999999999\r\n\r\n",
        "*1\r\n$1\r\nv\r\n",
        "$1",
        "$"
      })
  void landed_anythingElse_isWrittenAsItWas(String text) {
    byte[] reply = bytes(text);
    Entry entry = landed(reply);
    assertAnswersWith(entry, reply);
  }

  private static void assertAnswersWith(Entry entry, byte[] reply) {
    assertThat(written(entry)).isEqualTo(reply);
    assertThat(entry.replyLength()).isEqualTo(reply.length);
    assertThat(entry.isNil()).isFalse();
    assertThat(entry.shows(reply)).isTrue();
    assertThat(shows(entry, reply)).isTrue();
  }

  @Test
  void landed_block_isWrittenAsItWas() {
    byte[] reply = bulk(5_000);
    Entry entry = flying("name");
    entry.land(reply, compression.compress(reply), BASE_NS);
    assertThat(entry.isCompressed()).isTrue();
    assertThat(entry.array().length).isLessThan(200);
    assertThat(written(entry)).isEqualTo(reply);
    assertThat(entry.replyLength()).isEqualTo(reply.length);
    assertThat(entry.shows(reply)).isTrue();
    assertThat(entry.shows(bulk(4_999))).isFalse();
    assertThat(shows(entry, reply)).isFalse();
  }

  @Test
  void landed_nil_isNotAnEmptyValue() {
    Entry nil = flying("name");
    nil.land(null, null, BASE_NS);
    assertThat(nil.isNil()).isTrue();
    assertThat(nil.shows((byte[]) null)).isTrue();
    assertThat(nil.shows(bulk(0))).isFalse();
    assertThat(nil.replyLength()).isZero();
    assertThat(landed(bulk(0)).isNil()).isFalse();
    assertThat(landed(bulk(0)).shows((byte[]) null)).isFalse();
  }

  @Test
  void shows_anotherReplyOfTheSameLength_isFalse() {
    Entry entry = landed(bytes("$3\r\nabc\r\n"));
    for (String other :
        new String[] {
          "$3\r\nabd\r\n", "+3\r\nabc\r\n", "$4\r\nabc\r\n", "$3\r\nabc\n\n", "$3\n\nabc\r\n"
        }) {
      assertThat(shows(entry, bytes(other))).as(other).isFalse();
      assertThat(entry.shows(bytes(other))).as(other).isFalse();
    }
  }

  @Test
  void landed_keepsWhatItWasCreatedWith() {
    Entry entry = landed(bulk(1));
    assertThat(entry.database()).isEqualTo(3);
    assertThat(entry.epoch()).isEqualTo(-7);
    assertThat(entry.namespace()).isEqualTo(12);
    assertThat(entry.name()).isEqualTo(bytes("name"));
    assertThat(entry.asOfNs()).isEqualTo(BASE_NS + Cohort.TICK_NS);
    assertThat(entry.expiresAtNs()).isEqualTo(BASE_NS + 9 * Cohort.TICK_NS);
    assertThat(entry.flight()).isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 1024, Held.MAX_NAME_BYTES})
  void equals_sameNameAndDatabase_inFlightOrLanded(int nameLength) {
    String name = "n".repeat(nameLength);
    Entry landed = flying(name);
    landed.land(bulk(4), null, BASE_NS);
    assertThat(landed).isEqualTo(flying(name)).hasSameHashCodeAs(flying(name));
    Object key = key(3, name);
    assertThat(landed.equals(key)).isTrue();
    assertThat(key.equals(landed)).isTrue();
    assertThat(key(3, name).hashCode()).isEqualTo(landed.hashCode());
    assertThat(landed.name()).isEqualTo(bytes(name));
    assertThat(landed.isFor(key(4, name))).isFalse();
  }

  @Test
  void equals_anotherName_isFalse() {
    assertThat(flying("abc")).isNotEqualTo(flying("abd")).isNotEqualTo(flying("ab"));
    assertThat(flying("abc").isFor(key(3, "abcd"))).isFalse();
  }

  @Test
  void create_nameLongerThanTheHeadCanSay_isRefused() {
    assertThatThrownBy(() -> flying("n".repeat(Held.MAX_NAME_BYTES + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void marks_areKeptApart() throws InterruptedException {
    Entry entry = landed(bulk(3));
    assertThat(entry.takeServedLately()).isFalse();
    entry.serve();
    assertThat(entry.beginRenewal()).isTrue();
    assertThat(entry.wasServed()).isTrue();
    assertThat(entry.takeServedLately()).isTrue();
    assertThat(entry.takeServedLately()).isFalse();
    assertThat(entry.wasServed()).isTrue();
    assertThat(entry.beginRenewal()).isFalse();
    entry.renewed();
    assertThat(winners(entry)).isEqualTo(1);
    assertThat(written(entry)).isEqualTo(bulk(3));
  }

  private static int winners(Entry entry) throws InterruptedException {
    AtomicInteger won = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    Thread[] threads = new Thread[4];
    for (int i = 0; i < threads.length; i++) {
      threads[i] =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  go.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                won.addAndGet(entry.beginRenewal() ? 1 : 0);
              });
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    return won.get();
  }
}
