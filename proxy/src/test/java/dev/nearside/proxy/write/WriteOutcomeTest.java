package dev.nearside.proxy.write;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.write.WriteOutcome.Made;
import dev.nearside.proxy.write.WriteOutcome.Refused;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class WriteOutcomeTest {
  private static final Refused NOT = new Refused("ERR nothing was written: full");
  private static final Refused MAYBE = new Refused("ERR it is not known: no answer", true);

  @Test
  void ofParts_allMade_isTheirSumOrTheirReply() {
    assertThat(reply(made(":1\r\n"), made(":2\r\n"), made(":4\r\n"))).isEqualTo(":7\r\n");
    assertThat(reply(made("+OK\r\n"), made("+OK\r\n"))).isEqualTo("+OK\r\n");
  }

  @Test
  void ofParts_noneMade_isUnknownAsSoonAsOneIs() {
    assertThat(of(NOT, NOT)).isEqualTo(NOT);
    assertThat(of(NOT, MAYBE, NOT)).isEqualTo(MAYBE);
  }

  @Test
  void ofParts_someMade_saysSoOnceAndWhyOthersWereNot() {
    Refused some =
        new Refused(
            "ERR some of the keys were written, of others: nothing was written: full", true);
    assertThat(of(made("+OK\r\n"), NOT, made("+OK\r\n"), NOT)).isEqualTo(some);
    assertThat(of(NOT, made("+OK\r\n"), MAYBE))
        .isEqualTo(
            new Refused(
                "ERR some of the keys were written, of others: it is not known: no answer", true));
  }

  private static WriteOutcome of(WriteOutcome... parts) {
    return WriteOutcome.ofParts(List.of(parts));
  }

  private static Made made(String reply) {
    return new Made(reply.getBytes(US_ASCII));
  }

  private static String reply(WriteOutcome... parts) {
    return new String(Objects.requireNonNull(((Made) of(parts)).reply()), US_ASCII);
  }
}
