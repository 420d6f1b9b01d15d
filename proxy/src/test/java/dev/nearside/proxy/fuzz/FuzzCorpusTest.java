package dev.nearside.proxy.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plays every input that coverage-guided runs have found worth keeping; see CONTRIBUTING.md. */
class FuzzCorpusTest {
  private static final long MAX_CORPUS_BYTES = 500_000;

  static List<FuzzTarget> targets() {
    return FuzzTarget.ALL;
  }

  @ParameterizedTest
  @MethodSource("targets")
  void corpus_ofEachTarget_holds(FuzzTarget target) throws Exception {
    List<Path> inputs = files(corpus().resolve(target.label()));
    assertThat(inputs).isNotEmpty();
    for (Path input : inputs) {
      try {
        target.check().accept(Files.readAllBytes(input));
      } catch (RuntimeException | Error e) {
        throw new AssertionError(target.label() + " fails on " + input.getFileName(), e);
      }
    }
  }

  @Test
  void corpus_asAWhole_staysSmall() throws Exception {
    long bytes = 0;
    for (Path input : files(corpus())) {
      bytes += Files.size(input);
    }
    assertThat(bytes).isLessThan(MAX_CORPUS_BYTES);
  }

  private static Path corpus() throws URISyntaxException {
    return Path.of(Objects.requireNonNull(FuzzCorpusTest.class.getResource("corpus")).toURI());
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
