package dev.nearside.benchmarks.generator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class BatchTest {
  private static final KeySpace COLD = new KeySpace(10, false, 100, 0);

  @Test
  void next_ofReads_writesTheRequestsOfItsExchanges() {
    Batch batch = batch(Workload.READ, KeySpace.uniform(1000), 0, 0, 1);
    batch.next();

    String due = batch.exchange(0).text(batch.digits(0)) + batch.exchange(1).text(batch.digits(1));
    assertThat(written(batch)).isEqualTo(due).startsWith("*2\r\n$3\r\nGET\r\n$14\r\nvalue:0000");
  }

  @Test
  void next_ofGetSet_setsTheKeysThatWereReadBefore() {
    Batch batch = batch(Workload.GET_SET, KeySpace.uniform(1000), 0, 0, 1);
    batch.next();
    long first = batch.digits(0);
    long second = batch.digits(1);
    String reads = written(batch);
    batch.next();

    assertThat(reads).contains("GET").doesNotContain("SET");
    assertThat(written(batch)).contains("SET").doesNotContain("GET");
    assertThat(List.of(batch.digits(0), batch.digits(1))).containsExactly(first, second);
    batch.next();
    assertThat(written(batch)).contains("GET");
  }

  @Test
  void next_ofColdKeysOnTwoThreads_takesEachKeyOnceBeforeAnyTwice() {
    List<Long> seen = new ArrayList<>();
    for (int part = 0; part < 2; part++) {
      Batch batch = batch(Workload.READ, COLD, 3, part, 2);
      for (int i = 0; i < COLD.cold() / 4; i++) {
        batch.next();
        seen.add(batch.digits(0));
        seen.add(batch.digits(1));
      }
    }

    List<Long> all = IntStream.range(0, COLD.cold()).mapToObj(i -> Numbers.digits(i)).toList();
    assertThat(seen).containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void next_ofMixed_readsAndWritesInTheirShares() {
    KeySpace keys = new KeySpace(1000, false, 1000, 0.5);
    Load load = new Load(Workload.MIXED, 1, 1, keys, Values.of(16), 0, 0, 1, 0);
    Mix mix = new Mix(new Assignment(load, Address.ofPort(0), List.of(), 1, 0), 0);
    int draws = 100_000;
    int cold = 0;
    for (int i = 0; i < draws; i++) {
      cold += mix.draw().isCold() ? 1 : 0;
    }

    assertThat(mix.reads()).isBetween(89_000L, 91_000L);
    assertThat(cold).isBetween(44_000, 46_000);
  }

  @Test
  void batch_ofReadsOfLargeValues_hasNoRoomForWrites() {
    Load load =
        new Load(Workload.READ, 1, 1, KeySpace.uniform(1), Values.of(1_000_000), 0, 0, 1, 0);
    Assignment assignment = new Assignment(load, Address.ofPort(0), List.of(), 1, 0);

    assertThat(new Batch(new Mix(assignment, 0), 1).bytes().capacity()).isLessThan(100);
  }

  private static Batch batch(
      Workload workload, KeySpace keys, long coldReads, int part, int threads) {
    Load load = new Load(workload, 2, threads, keys, Values.of(16), 0, 0, threads, 0);
    Assignment assignment = new Assignment(load, Address.ofPort(0), List.of(), 1, coldReads);
    return new Batch(new Mix(assignment, part), load.pipeline());
  }

  private static String written(Batch batch) {
    byte[] bytes = new byte[batch.bytes().remaining()];
    batch.bytes().get(bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }
}
