package dev.nearside.proxy.tier;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class StaleSpellsTest {
  private static final long QUIET_NS = StaleSpells.QUIET.toNanos();

  private final Namespaces namespaces = Namespaces.of(List.of(config("page"), config("rule")));
  private final Namespace page = namespaces.all().getFirst();
  private final Namespace rule = namespaces.all().getLast();
  private final StaleSpells spells = new StaleSpells(namespaces);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  private static NearsideConfig.Namespace config(String name) {
    Duration hour = Duration.ofHours(1);
    return new NearsideConfig.Namespace(
        name, name + ":*", hour, hour, hour, false, hour, List.of(), null);
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(StaleSpells.class);
  }

  @BeforeEach
  void listen() {
    log.start();
    logger().addAppender(log);
  }

  @AfterEach
  void stopListening() {
    logger().detachAppender(log);
  }

  /** Returns the level and the namespace of each line. */
  private List<String> lines() {
    return log.list.stream()
        .map(event -> event.getLevel() + " " + event.getArgumentArray()[0])
        .toList();
  }

  @Test
  void spell_isToldWhenItBegins_andOnceItHasEnded() {
    for (long nowNs = 0; nowNs < 3 * QUIET_NS; nowNs += QUIET_NS / 100) {
      spells.served(page, nowNs);
      spells.endQuiet(nowNs + 1);
    }
    assertThat(lines()).containsExactly("WARN page");
    spells.endQuiet(4 * QUIET_NS);
    spells.endQuiet(9 * QUIET_NS);
    assertThat(lines()).containsExactly("WARN page", "INFO page");
    assertThat(log.list.getLast().getFormattedMessage()).contains("300 times, within 14950 ms");
  }

  @Test
  void spell_thatIsOnlyInterrupted_goesOn() {
    spells.served(page, 0);
    spells.endQuiet(QUIET_NS - 1);
    spells.served(page, QUIET_NS - 1);
    spells.endQuiet(2 * QUIET_NS - 2);
    assertThat(lines()).hasSize(1);
  }

  @Test
  void namespaces_haveSpellsOfTheirOwn_oneAfterTheOther() {
    spells.served(page, 0);
    spells.served(rule, QUIET_NS);
    spells.endQuiet(QUIET_NS);
    spells.served(page, QUIET_NS + 1);
    assertThat(lines()).containsExactly("WARN page", "WARN rule", "INFO page", "WARN page");
  }

  @Test
  void nothingStale_isNothingToTell() {
    spells.endQuiet(QUIET_NS);
    assertThat(lines()).isEmpty();
  }
}
