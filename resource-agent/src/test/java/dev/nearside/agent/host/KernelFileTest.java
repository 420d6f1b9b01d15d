package dev.nearside.agent.host;

import static dev.nearside.agent.host.KernelFile.ABSENT;
import static dev.nearside.agent.host.KernelFile.UNLIMITED;
import static dev.nearside.agent.host.KernelFile.ascii;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelFileTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "'42\n', 42",
    "'42', 42",
    "'0\n', 0",
    "'-1\n', -1",
    "'50000 100000\n', 50000",
    "'9223372036854771712\n', 9223372036854771712"
  })
  void number_ofDigits_isParsed(String text, long number) throws IOException {
    assertThat(open(text).number()).isEqualTo(number);
  }

  @ParameterizedTest
  @CsvSource({"'max\n'", "'max 100000\n'", "'unlimited\n'", "'99999999999999999999999\n'"})
  void number_withoutBound_isUnlimited(String text) throws IOException {
    assertThat(open(text).number()).isEqualTo(UNLIMITED);
  }

  @ParameterizedTest
  @CsvSource({"''", "'\n'", "'12x\n'", "'x'", "'-'", "'maximum\n'", "'1.5'"})
  void number_malformed_isAbsent(String text) throws IOException {
    assertThat(open(text).number()).isEqualTo(ABSENT);
  }

  @Test
  void secondNumber_readsAfterTheFirstWord() throws IOException {
    assertThat(open("max 100000\n").secondNumber()).isEqualTo(100_000);
    assertThat(open("50000\n").secondNumber()).isEqualTo(ABSENT);
    assertThat(open("").secondNumber()).isEqualTo(ABSENT);
  }

  @Test
  void field_isFoundOnlyAtTheStartOfALine() throws IOException {
    KernelFile file = open("total_inactive_file 5\ninactive_file 7\nMemTotal:   9 kB\n");
    assertThat(file.field(ascii("inactive_file "))).isEqualTo(7);
    assertThat(file.field(ascii("MemTotal:"))).isEqualTo(9);
    assertThat(file.field(ascii("active_file "))).isEqualTo(ABSENT);
  }

  @Test
  void field_withinALine_doesNotLeaveThatLine() throws IOException {
    KernelFile file = open("some avg10=0.00 total=12\nfull avg10=0.00\nmore total=3\n");
    assertThat(file.field(ascii("some "), ascii("total="))).isEqualTo(12);
    assertThat(file.field(ascii("full "), ascii("total="))).isEqualTo(ABSENT);
  }

  @Test
  void read_seesTheNewText_longerThanTheBufferToo() throws IOException {
    KernelFile file = open("1\n");
    Files.writeString(folder.resolve("file"), "filler 0\n".repeat(3000) + "last 77\n");
    assertThat(file.read()).isTrue();
    assertThat(file.field(ascii("last "))).isEqualTo(77);
    Files.writeString(folder.resolve("file"), "2\n");
    assertThat(file.read()).isTrue();
    assertThat(file.number()).isEqualTo(2);
    assertThat(file.field(ascii("last "))).isEqualTo(ABSENT);
  }

  @Test
  void read_afterClose_failsAndForgets() throws IOException {
    KernelFile file = open("5\n");
    file.close();
    assertThat(file.read()).isFalse();
    assertThat(file.number()).isEqualTo(ABSENT);
  }

  @Test
  void open_ofWhatIsNotThere_isNull() {
    assertThat(KernelFile.open(folder.resolve("absent"))).isNull();
    assertThat(KernelFile.open(folder)).as("a directory opens but refuses every read").isNull();
  }

  private KernelFile open(String text) throws IOException {
    Path path = Files.writeString(folder.resolve("file"), text);
    KernelFile file = KernelFile.open(path);
    assertThat(file).isNotNull();
    return file;
  }
}
