package dev.nearside.proxy.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ClusterDifferenceTest {
  private static final String BEGIN = "<!-- cluster:begin -->\n";
  private static final String END = "<!-- cluster:end -->";

  @Test
  void readme_listsEachDifferenceWithItsReason() throws IOException {
    String readme = Files.readString(readme());
    assertThat(readme).containsOnlyOnce(BEGIN).containsOnlyOnce(END);
    String rows =
        Arrays.stream(ClusterDifference.values())
            .map(difference -> difference.row() + "\n")
            .collect(Collectors.joining());
    assertThat(readme.substring(readme.indexOf(BEGIN) + BEGIN.length(), readme.indexOf(END)))
        .isEqualTo("| what | why |\n|---|---|\n" + rows);
  }

  private static Path readme() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("LICENSE"))) {
      folder = folder.getParent();
    }
    return folder.resolve("README.md");
  }
}
