package dev.nearside.proxy.cluster;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HashSlotTest {
  /** The first is the specification's; the others are equal to what is hashed of them. */
  @ParameterizedTest
  @CsvSource({
    "123456789, 12739",
    "foo, 12182",
    "{foo}bar, 12182",
    "a{foo}{bar}, 12182",
    "{foo, 13308",
    "foo}, 15679",
  })
  void of_name_isItsSlot(String name, int slot) {
    byte[] bytes = name.getBytes(US_ASCII);
    assertThat(HashSlot.of(bytes, bytes.length)).isEqualTo(slot);
    byte[] within = ("{x}" + name + "{x}").getBytes(US_ASCII);
    assertThat(HashSlot.of(Unpooled.wrappedBuffer(within), 3, bytes.length)).isEqualTo(slot);
  }

  @ParameterizedTest
  @CsvSource({"foo{}{bar}", "{}", "{}foo"})
  void of_emptyTag_isOfTheWholeName(String name) {
    byte[] bytes = name.getBytes(US_ASCII);
    byte[] other = (name + "x").getBytes(US_ASCII);
    assertThat(HashSlot.of(bytes, bytes.length)).isNotEqualTo(HashSlot.of(other, other.length));
  }
}
