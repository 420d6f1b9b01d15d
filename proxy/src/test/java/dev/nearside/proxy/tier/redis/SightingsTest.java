package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.tier.redis.Sightings.Sighting;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SightingsTest {
  private static final Address OLD = new Address("old", 1);
  private static final Address NEW = new Address("new", 1);

  private final AtomicLong nowNs = new AtomicLong();
  private final Sightings sightings = new Sightings(3, nowNs::get);

  @Test
  void saw_laterEpoch_isBelieved() {
    sightings.saw("a", new Sighting(OLD, 1));
    assertThat(sightings.saw("b", new Sighting(NEW, 2))).isEqualTo(NEW);
  }

  @Test
  void saw_earlierEpochOfAnother_isNotBelieved() {
    sightings.saw("a", new Sighting(NEW, 2));
    assertThat(sightings.saw("b", new Sighting(OLD, 1))).isEqualTo(NEW);
  }

  @Test
  void saw_earlierEpochOfTheSame_isBelieved() {
    sightings.saw("a", new Sighting(OLD, 2));
    assertThat(sightings.saw("a", new Sighting(NEW, 0))).isEqualTo(NEW);
  }

  @Test
  void saw_sameEpochAnotherPrimary_staysWhereItWas() {
    sightings.saw("z", new Sighting(OLD, 1));
    assertThat(sightings.saw("a", new Sighting(NEW, 1))).isEqualTo(OLD);
    assertThat(sightings.saw("b", new Sighting(NEW, 1))).isEqualTo(OLD);
  }

  @Test
  void saw_afterAMinuteOfSilence_isForgottenIfMostHaveSpoken() {
    sightings.saw("gone", new Sighting(OLD, 7));
    nowNs.set(Duration.ofMinutes(1).toNanos());
    assertThat(sightings.saw("a", new Sighting(NEW, 0))).isEqualTo(OLD);
    assertThat(sightings.saw("b", new Sighting(NEW, 0))).isEqualTo(NEW);
  }

  @Test
  void saw_changedMindOfTheOnlyOneOfTheEpoch_isFollowed() {
    sightings.saw("a", new Sighting(OLD, 2));
    sightings.saw("b", new Sighting(OLD, 1));
    assertThat(sightings.saw("a", new Sighting(NEW, 2))).isEqualTo(NEW);
  }
}
