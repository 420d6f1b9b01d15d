package dev.nearside.proxy.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FleetMessageTest {
  static List<Target> targets() {
    return List.of(
        new Target.Keys(List.of(bytes("a"), bytes(""), bytes("\u0000\u00ff"))),
        new Target.Prefix(bytes("")),
        new Target.Pattern(new Glob(bytes("a*[b-c]"))),
        new Target.Tags(List.of(bytes("t"), bytes("u"))));
  }

  @ParameterizedTest
  @MethodSource("targets")
  void decode_whatWasEncoded_isTheSame(Target target) {
    byte[] encoded = new FleetMessage(-5, Long.MAX_VALUE, target).encode();
    FleetMessage decoded = FleetMessage.decode(encoded);
    assertThat(decoded.sender()).isEqualTo(-5);
    assertThat(decoded.number()).isEqualTo(Long.MAX_VALUE);
    assertThat(decoded.target()).hasSameClassAs(target);
    assertThat(decoded.encode()).isEqualTo(encoded);
  }

  @Test
  void encode_isTheDocumentedForm() {
    FleetMessage message =
        new FleetMessage(0x0102030405060708L, 9, new Target.Keys(List.of(bytes("ab"))));
    assertThat(HexFormat.of().formatHex(message.encode()))
        .isEqualTo("01" + "0102030405060708" + "0000000000000009" + "4b" + "000000026162");
    assertThat(HexFormat.of().formatHex(new FleetMessage(1, 9, null).encode()))
        .isEqualTo("01" + "0000000000000001" + "0000000000000009" + "41");
  }

  @Test
  void decode_everyShorterOrLongerForm_isRefused() {
    byte[] whole = new FleetMessage(1, 2, new Target.Prefix(bytes("abc"))).encode();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> FleetMessage.decode(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    byte[] more = Arrays.copyOf(whole, whole.length + 1);
    assertThatThrownBy(() -> FleetMessage.decode(more))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "02000000000000000100000000000000024b0000000161", // another version
        "01000000000000000100000000000000004b0000000161", // number 0
        "01000000000000000180000000000000004b0000000161", // a negative number
        "010000000000000001000000000000000258", // kind X
        "01000000000000000100000000000000024b", // no key
        "0100000000000000010000000000000002410000000161", // an announcement of something
        "01000000000000000100000000000000024bffffffff", // a negative length
        "01000000000000000100000000000000024b7fffffff61" // a length beyond the end
      })
  void decode_whatIsNoMessage_isRefused(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> FleetMessage.decode(bytes))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pieces_ofManyKeys_eachFitAMessageAndLoseNone() {
    List<byte[]> names =
        java.util.stream.IntStream.range(0, 10_000).mapToObj(i -> bytes("key:" + i)).toList();
    List<Target> pieces = FleetMessage.pieces(new Target.Keys(names));
    assertThat(pieces).hasSizeGreaterThan(1);
    assertThat(pieces)
        .allSatisfy(
            piece -> assertThat(new FleetMessage(1, 1, piece).encode()).hasSizeLessThan(70_000));
    assertThat(pieces.stream().mapToInt(piece -> ((Target.Keys) piece).names().size()).sum())
        .isEqualTo(names.size());
    byte[] huge = new byte[200_000];
    assertThat(FleetMessage.pieces(new Target.Keys(List.of(bytes("a"), huge, bytes("b")))))
        .hasSize(3);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
