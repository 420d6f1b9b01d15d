package dev.nearside.benchmarks.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is said to be stale is measured as stale, and what is not is not. */
@Timeout(60)
final class PollerIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private ScratchDirectory scratch;
  private EmbeddedRedis redis;
  private RedisConnection writer;
  private Board board;
  private Poller poller;
  private Thread thread;

  @BeforeEach
  void start() throws IOException {
    scratch = ScratchDirectory.create();
    redis = EmbeddedRedis.start(RedisProgram.INSTALLED.find(scratch.path()), scratch.path());
    writer = RedisConnection.open(redis.port());
    writer.call("SET", "key", "0");
    board = new Board(2);
    poller = new Poller(redis.port(), "key", board, 2);
    thread = Thread.ofPlatform().daemon().start(poller);
  }

  @AfterEach
  void stop() throws IOException {
    poller.stop();
    writer.close();
    redis.close();
    scratch.close();
  }

  @Test
  void acknowledgedWrite_thatIsNotShown_isStaleUntilItIs() throws Exception {
    board.acknowledge(System.nanoTime());
    long beganNs = System.nanoTime();
    Poll.pause(Duration.ofMillis(50));
    long lateNs = System.nanoTime() - beganNs;
    write(1);

    assertThat(poller.staleNs(1)).isPositive();
    assertThat(poller.staleUntilReplyNs(1)).isGreaterThanOrEqualTo(poller.staleNs(1));
    assertThat(poller.staleUntilReplyNs(1)).isGreaterThan(lateNs / 2);
    assertThat(poller.staleReads()).isPositive().isLessThanOrEqualTo(poller.reads());
    assertThat(poller.wentBack()).isZero();
  }

  @Test
  void writes_thatAreShownAtOnce_areNotStale() throws Exception {
    for (int i = 1; i <= 2; i++) {
      writer.call("SET", "key", Integer.toString(i));
      board.acknowledge(System.nanoTime());
    }
    write(2);

    assertThat(poller.staleReads()).isZero();
    assertThat(poller.staleNs(1) + poller.staleNs(2)).isZero();
    assertThat(poller.wentBack()).isZero();
  }

  @Test
  void value_thatGoesBack_isCounted() throws Exception {
    writer.call("SET", "key", "2");
    Poll.until("2 is shown", LIMIT, () -> poller.shown() == 2);
    write(1);

    assertThat(poller.wentBack()).isEqualTo(1);
  }

  /** Writes a value and ends the poller once that is shown. */
  private void write(int value) throws Exception {
    writer.call("SET", "key", Integer.toString(value));
    Poll.until("it is shown", LIMIT, () -> poller.shown() == value);
    poller.stop();
    thread.join();
  }
}
