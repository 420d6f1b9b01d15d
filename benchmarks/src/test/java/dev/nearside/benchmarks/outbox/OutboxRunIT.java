package dev.nearside.benchmarks.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.benchmarks.servers.RedisProgram;
import dev.nearside.benchmarks.servers.ScratchDirectory;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Some rounds of the run, with real servers that are killed, and a short outage. */
@Timeout(120)
final class OutboxRunIT {
  private static final int ROUNDS = 3;
  private static final long SEED = 4; // kills Redis, PostgreSQL and a sidecar

  @Test
  void roundsAndAnOutage_inShort_loseNothing() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = open(scratch, Shape.SINGLE)) {
      assertThat(roundsLoseNothing(site).moves()).isZero();
      outageLosesNothing(site);
    }
  }

  @Test
  void roundsInFrontOfACluster_whoseSlotsMove_inShort_loseNothing() throws Exception {
    try (ScratchDirectory scratch = ScratchDirectory.create();
        Site site = open(scratch, Shape.CLUSTER)) {
      assertThat(roundsLoseNothing(site).moves()).isPositive();
    }
  }

  private static Site open(ScratchDirectory scratch, Shape shape) throws Exception {
    return Site.open(scratch.path(), RedisProgram.INSTALLED.find(scratch.path()), shape);
  }

  private static Rounds.Outcome roundsLoseNothing(Site site) throws Exception {
    Rounds.Outcome outcome = new Rounds(site, quiet(), SEED).run(ROUNDS);

    assertThat(outcome.violations().shown()).isEmpty();
    assertThat(outcome.backMs().values().stream().mapToInt(List::size).sum()).isEqualTo(ROUNDS);
    assertThat(outcome.applied()).isPositive();
    for (Tally.Command command : Tally.Command.values()) {
      assertThat(outcome.tally().of(command, Answer.Kind.ACKNOWLEDGED)).isPositive();
    }
    return outcome;
  }

  private static void outageLosesNothing(Site site) throws Exception {
    Outage.Outcome outcome = new Outage(site, quiet(), SEED).run(Duration.ofSeconds(1));

    assertThat(outcome.violations().shown()).isEmpty();
    assertThat(outcome.phases()).containsOnlyKeys("before", "away", "back");
    assertThat(outcome.phases().values())
        .allSatisfy(told -> assertThat(told.acknowledged()).isPositive());
    assertThat(outcome.reads().answered(Reads.Of.ROWS)).isPositive();
    assertThat(outcome.applied()).isPositive();
    assertThat(OutageTable.of(outcome).getRows()).hasSize(3);
  }

  private static PrintStream quiet() {
    return new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
  }
}
