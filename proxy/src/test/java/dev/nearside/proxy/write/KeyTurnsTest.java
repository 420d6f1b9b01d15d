package dev.nearside.proxy.write;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class KeyTurnsTest {
  private static final byte[] KEY = {1};

  private final KeyTurns turns = new KeyTurns();

  @Test
  void second_beginsWhenTheFirstHasEnded() throws Exception {
    List<String> order = new ArrayList<>();
    CompletableFuture<String> first = new CompletableFuture<>();
    CompletableFuture<String> one = turns.take(KEY, () -> first);
    CompletableFuture<String> two =
        turns.take(
            KEY,
            () -> {
              order.add("second");
              return CompletableFuture.completedFuture("b");
            });
    assertThat(order).isEmpty();
    first.complete("a");
    assertThat(one.join()).isEqualTo("a");
    assertThat(two.get(10, TimeUnit.SECONDS)).isEqualTo("b");
  }

  @Test
  void thousandsThatFailAtOnce_allEnd_andTheNextHasItsTurn() throws Exception {
    CompletableFuture<String> first = new CompletableFuture<>();
    List<CompletableFuture<String>> all = new ArrayList<>();
    all.add(turns.take(KEY, () -> first));
    for (int i = 0; i < 20_000; i++) {
      all.add(
          turns.take(KEY, () -> CompletableFuture.failedFuture(new IllegalStateException("away"))));
    }
    first.completeExceptionally(new IllegalStateException("away"));
    CompletableFuture<String> last =
        turns.take(KEY, () -> CompletableFuture.completedFuture("done"));
    assertThat(last.get(30, TimeUnit.SECONDS)).isEqualTo("done");
    assertThat(all).allMatch(CompletableFuture::isCompletedExceptionally);
  }

  @Test
  void aTaskThatThrows_endsItsTurn() throws Exception {
    CompletableFuture<String> thrown =
        turns.take(
            KEY,
            () -> {
              throw new IllegalStateException("a fault");
            });
    assertThat(thrown).isCompletedExceptionally();
    assertThat(turns.take(KEY, () -> CompletableFuture.completedFuture("next")).join())
        .isEqualTo("next");
  }
}
