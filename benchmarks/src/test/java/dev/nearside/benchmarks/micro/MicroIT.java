package dev.nearside.benchmarks.micro;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.tier.local.Entry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Each benchmark runs once, and what it measures does what it should. */
@Timeout(120)
final class MicroIT {
  private static final List<Class<?>> ALL =
      List.of(
          ParseBenchmark.class,
          CommandBenchmark.class,
          LocalTierBenchmark.class,
          ReplyBenchmark.class);

  @Test
  void benchmarks_onceWithoutFork_areAllInTheTable() throws Exception {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(MicroIT.class.getPackageName())
                    .mode(Mode.SingleShotTime)
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .param("name", "GET")
                    .param("bytes", "4096")
                    .param("noise", "0")
                    .build())
            .run();

    long methods =
        ALL.stream().flatMap(type -> Stream.of(type.getMethods())).filter(this::isOne).count();
    assertThat(results).hasSize((int) methods);
    assertThat(MicroRun.table(results).getRows())
        .hasSize((int) methods)
        .anySatisfy(row -> assertThat(row.getFirst()).isEqualTo("LocalTierBenchmark.findHit"));
  }

  private boolean isOne(Method method) {
    return method.isAnnotationPresent(Benchmark.class);
  }

  @Test
  void parse_pipeline_findsEveryKeyAgainAndAgain() {
    ParseBenchmark benchmark = new ParseBenchmark();
    benchmark.write();
    int keyBytes = 0;
    for (int i = 0; i < ParseBenchmark.PIPELINE; i++) {
      keyBytes += ("key:" + i * 311).length();
    }

    assertThat(benchmark.parse()).isEqualTo(keyBytes);
    assertThat(benchmark.parse()).isEqualTo(keyBytes);
    benchmark.free();
  }

  @Test
  void find_anyCase_isThatCommand() {
    CommandBenchmark benchmark = new CommandBenchmark();
    benchmark.name = "zRangeByScore";
    benchmark.parse();

    assertThat(benchmark.find().name()).isEqualToIgnoringCase("zrangebyscore");
    benchmark.free();
  }

  @Test
  void localTier_everyKeyIsFound_andWhatIsPublishedIsRemoved() {
    LocalTierBenchmark benchmark = new LocalTierBenchmark();
    benchmark.fill();

    for (int i = 0; i < LocalTierBenchmark.KEYS; i++) {
      Entry entry = benchmark.findHit();
      assertThat(entry).isNotNull();
      assertThat(entry.replyLength()).isEqualTo(108);
    }
    assertThat(benchmark.publishAndRemove()).isTrue();
    assertThat(benchmark.entries()).isEqualTo(LocalTierBenchmark.KEYS);
    benchmark.free();
  }

  @Test
  void reply_byEveryWay_isTheSame() {
    List<Function<ReplyBenchmark, ByteBuf>> ways =
        Arrays.asList(
            ReplyBenchmark::fromPlain,
            ReplyBenchmark::fromBlock,
            ReplyBenchmark::fromBlockByScratch,
            ReplyBenchmark::fromBlockStraight);
    ReplyBenchmark benchmark = new ReplyBenchmark();
    benchmark.make();

    for (Function<ReplyBenchmark, ByteBuf> way : ways) {
      assertThat(ByteBufUtil.getBytes(way.apply(benchmark))).isEqualTo(benchmark.reply());
    }
    assertThat(benchmark.ratio()).isGreaterThan(2);
    assertThat(benchmark.compress().length).isLessThan(benchmark.reply().length);
    benchmark.free();
  }
}
