package dev.nearside.proxy.tier.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Waiting;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Race "thread stopped between check and publish". A publication that looked whether its token is
 * there and then put it would do the first without the lock of the token's place in the map, and
 * the second with it. So another holds that lock: the publisher runs as far as it gets and stands
 * there, beyond any check of that kind, while the other removes the token or replaces it.
 */
@Timeout(60)
class PublicationRaceTest {
  private static final byte[] OLD = "$3\r\nold\r\n".getBytes(StandardCharsets.UTF_8);
  private static final long NEVER_NS = Long.MAX_VALUE / 2;

  private final LocalTier local = new LocalTier(1 << 20, 1 << 20);
  private final LookupKey key = new LookupKey().set(0, "k".getBytes(StandardCharsets.UTF_8));

  @Test
  void publish_stoppedWhileItsTokenIsRemoved_publishesNothing() throws Exception {
    Entry token = begin();
    assertThat(publishWhile(token, (k, current) -> null)).isFalse();
    assertThat(local.find(key)).isNull();
  }

  @Test
  void publish_stoppedWhileAnotherFlightTakesItsPlace_leavesThatAlone() throws Exception {
    Entry token = begin();
    Entry next = local.token(key, 0, 0, new Flight(System.nanoTime()));
    assertThat(publishWhile(token, (k, current) -> next)).isFalse();
    assertThat(local.find(key)).isSameAs(next);
    assertThat(next.flight()).isNotNull();
  }

  @Test
  void publish_stoppedWhileNothingHappens_publishes() throws Exception {
    Entry token = begin();
    assertThat(publishWhile(token, (k, current) -> current)).isTrue();
    assertThat(local.find(key)).isSameAs(token);
  }

  private Entry begin() {
    Entry token = local.token(key, 0, 0, new Flight(System.nanoTime()));
    assertThat(local.begin(token)).isNull();
    return token;
  }

  /** Has {@code change} made to the token's place after the publisher has come to a stand there. */
  private boolean publishWhile(Entry token, BiFunction<Object, Entry, Entry> change)
      throws Exception {
    CountDownLatch locked = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicReference<Boolean> published = new AtomicReference<>();
    Thread holder =
        Thread.ofPlatform()
            .start(() ->
                map()
                    .compute(
                        token,
                        (k, current) -> {
                          locked.countDown();
                          await(goOn);
                          return change.apply(k, current);
                        }));
    await(locked);
    Thread publisher =
        Thread.ofPlatform().start(() -> published.set(local.publish(token, OLD, NEVER_NS)));
    Waiting.until("the publisher stands still", () -> publisher.getState() == Thread.State.BLOCKED);
    goOn.countDown();
    holder.join();
    publisher.join();
    return published.get();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the map within, whose locks nobody can reach otherwise. */
  @SuppressWarnings("unchecked") // the field's own type
  private ConcurrentMap<Object, Entry> map() {
    try {
      var field = LocalTier.class.getDeclaredField("map");
      field.setAccessible(true);
      return (ConcurrentMap<Object, Entry>) field.get(local);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
