package dev.nearside.proxy.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
  private static final long SECOND = 1_000_000_000L;

  private final LatencyHistogram histogram = new LatencyHistogram();

  @Test
  void bounds_riseByAtMostAQuarter() {
    for (int i = 1; i < LatencyHistogram.LAST; i++) {
      long lower = LatencyHistogram.upperBoundNanos(i - 1);
      assertThat(LatencyHistogram.upperBoundNanos(i)).isBetween(lower + 1, lower + lower / 4);
    }
  }

  @Test
  void bounds_reachFromAMicrosecondPastAMinute() {
    assertThat(LatencyHistogram.upperBoundNanos(0)).isEqualTo(1024);
    assertThat(LatencyHistogram.upperBoundNanos(LatencyHistogram.LAST - 1))
        .isGreaterThan(60 * SECOND);
  }

  @Test
  void bucketOf_isTheFirstWhoseInclusiveBoundIsNotBelow() {
    for (int i = 0; i < LatencyHistogram.LAST; i++) {
      long bound = LatencyHistogram.upperBoundNanos(i);
      assertThat(LatencyHistogram.bucketOf(bound)).isEqualTo(i);
      assertThat(LatencyHistogram.bucketOf(bound + 1)).isEqualTo(i + 1);
    }
  }

  @Test
  void bucketOf_agreesWithALinearSearchEverywhere() {
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      long nanos = random.nextLong() >>> (1 + random.nextInt(62));
      int expected = 0;
      while (nanos > LatencyHistogram.upperBoundNanos(expected)) {
        expected++;
      }
      assertThat(LatencyHistogram.bucketOf(nanos)).as("%d ns", nanos).isEqualTo(expected);
    }
  }

  @Test
  void record_extremesLandInTheEndBuckets() {
    histogram.record(Long.MIN_VALUE);
    histogram.record(0);
    histogram.record(Long.MAX_VALUE);

    assertThat(histogram.count(0)).isEqualTo(2);
    assertThat(histogram.count(LatencyHistogram.LAST)).isEqualTo(1);
    assertThat(histogram.sumNanos()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void quantile_isTheTrueOneOrAtMostAQuarterMore() {
    Random random = new Random(11);
    long[] recorded = random.longs(10_000, 2_000, 5 * SECOND).toArray();
    for (long nanos : recorded) {
      histogram.record(nanos);
    }
    Arrays.sort(recorded);

    for (double quantile : new double[] {0.01, 0.5, 0.9, 0.99, 0.999, 1}) {
      long exact = recorded[(int) Math.ceil(quantile * recorded.length) - 1];
      assertThat(totals(histogram).quantileNanos(quantile)).isBetween(exact, exact + exact / 4);
    }
  }

  @Test
  void quantile_ofNothingIsZero() {
    assertThat(totals(histogram).quantileNanos(0.99)).isZero();
  }

  @Test
  void totals_addUpSeveralHistograms() {
    LatencyHistogram other = new LatencyHistogram();
    histogram.record(SECOND);
    other.record(2 * SECOND);
    other.record(3 * SECOND);

    LatencyTotals sum = totals(histogram, other);

    assertThat(sum.count()).isEqualTo(3);
    assertThat(sum.sumSeconds()).isEqualTo(6);
    assertThat(sum.cumulative(LatencyHistogram.bucketOf(2 * SECOND))).isEqualTo(2);
  }

  @Test
  void reader_onAnotherThreadSeesCountsRiseAndThenAll() throws Exception {
    int records = 200_000;
    AtomicBoolean written = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(1);
    Thread writer =
        new Thread(() -> {
          started.countDown();
          for (int i = 0; i < records; i++) {
            histogram.record(i);
          }
          written.set(true);
        });
    writer.start();
    started.await();

    List<Long> seen = new ArrayList<>();
    while (!written.get()) {
      seen.add(totals(histogram).count());
    }
    writer.join();

    assertThat(seen).isSorted();
    assertThat(totals(histogram).count()).isEqualTo(records);
    assertThat(histogram.sumNanos()).isEqualTo(records * (records - 1L) / 2);
  }

  private static LatencyTotals totals(LatencyHistogram... histograms) {
    LatencyTotals totals = new LatencyTotals();
    for (LatencyHistogram each : histograms) {
      totals.add(each);
    }
    return totals;
  }
}
