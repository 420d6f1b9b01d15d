package dev.nearside.proxy.tier.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlightTest {
  private final Flight flight = new Flight(42);
  private int landed;
  private int failed;
  private final Flight.Reader reader =
      new Flight.Reader() {
        @Override
        public void landed(Entry entry) {
          landed++;
        }

        @Override
        public void failed() {
          failed++;
        }
      };

  private Entry entry() {
    return new Entry(new LookupKey().set(0, new byte[] {'k'}), new Cohort(0, 0, 0, 0), flight);
  }

  @Test
  void land_everyReaderIsToldOnce() {
    assertThat(flight.join(reader)).isTrue();
    assertThat(flight.join(reader)).isTrue();
    flight.land(entry(), false);
    flight.land(entry(), false);
    flight.fail();
    assertThat(landed).isEqualTo(2);
    assertThat(failed).isZero();
  }

  @Test
  void land_expired_onlyWhoBeganIsToldTheValue() {
    flight.join(reader);
    flight.join(reader);
    flight.join(reader);
    flight.land(entry(), true);
    assertThat(landed).isEqualTo(1);
    assertThat(failed).isEqualTo(2);
  }

  @Test
  void readers_areToldInTheOrderInWhichTheyCame() {
    List<Integer> told = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int number = i;
      flight.join(
          new Flight.Reader() {
            @Override
            public void landed(Entry entry) {
              throw new AssertionError("it has failed");
            }

            @Override
            public void failed() {
              told.add(number);
            }
          });
    }
    flight.fail();
    assertThat(told).containsExactly(0, 1, 2);
  }

  @Test
  void join_ended_isRefusedAndNeverTold() {
    flight.fail();
    assertThat(flight.join(reader)).isFalse();
    flight.land(entry(), false);
    assertThat(landed + failed).isZero();
  }

  @Test
  void sentAtNs_isWhatItWasMadeWith() {
    assertThat(flight.sentAtNs()).isEqualTo(42);
  }
}
