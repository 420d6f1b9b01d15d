package dev.nearside.proxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RedisProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program in a client library's own language, under {@code src/test/clients}. Where the machine
 * lacks what it needs, the test is skipped, and says why.
 *
 * @param command how it is run; its arguments follow
 */
record ClientProgram(List<String> command) {
  private static final Logger log = LoggerFactory.getLogger(ClientProgram.class);
  private static final Path SOURCES = Path.of("src", "test", "clients");
  private static final Path WORK = Path.of("target", "clients");

  /** Returns {@code main.mjs} of a directory, whose modules npm fetches once. */
  static ClientProgram node(String directory) {
    String node = need("node").toString();
    Path work = copied(directory);
    Path installed = work.resolve("installed.json");
    Path lock = work.resolve("package-lock.json");
    if (!sameText(installed, lock)) {
      String npm = need("npm").toString();
      runOrSkip(
          work,
          List.of(npm, "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"));
      copy(lock, installed);
    }
    return new ClientProgram(List.of(node, work.resolve("main.mjs").toString()));
  }

  /** Returns {@code main.py} of a directory, for the first Python that has {@code module}. */
  static ClientProgram python(String directory, String module) {
    Path work = copied(directory);
    return RedisProgram.findAll("python3")
        .map(Path::toString)
        .filter(python -> run(work, List.of(python, "-c", "import " + module)).status() == 0)
        .findFirst()
        .map(python -> new ClientProgram(List.of(python, work.resolve("main.py").toString())))
        .orElseThrow(() -> skip("no python3 on the PATH has the module " + module));
  }

  /** Returns {@code main.c} of a directory, compiled with {@code library}. */
  static ClientProgram c(String directory, String library) {
    String gcc = need("gcc").toString();
    Path work = copied(directory);
    String header = library + "/" + library + ".h";
    String empty = Path.of("/dev", "null").toString();
    runOrSkip(work, List.of(gcc, "-fsyntax-only", "-include", header, "-x", "c", empty));
    Outcome compiled =
        run(
            work,
            List.of(gcc, "-std=gnu11", "-O1", "-Wall", "main.c", "-o", "main", "-l" + library));
    assertThat(compiled.status()).as(compiled.said()).isZero();
    return new ClientProgram(List.of(work.resolve("main").toString()));
  }

  private static Path need(String program) {
    Optional<Path> found = RedisProgram.find(program);
    return found.orElseThrow(() -> skip("there is no " + program + " on the PATH"));
  }

  private static TestAbortedException skip(String reason) {
    log.warn("skipped: {}", reason);
    return new TestAbortedException(reason);
  }

  /** Copies the sources where modules and programs may be put beside them. */
  private static Path copied(String directory) {
    copyFiles(SOURCES, WORK);
    Path work = WORK.resolve(directory);
    copyFiles(SOURCES.resolve(directory), work);
    return work;
  }

  private static void copyFiles(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      Files.createDirectories(to);
      files
          .filter(Files::isRegularFile)
          .forEach(file -> copy(file, to.resolve(file.getFileName())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean sameText(Path one, Path other) {
    try {
      return Files.exists(one) && Files.mismatch(one, other) < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Outcome(int status, String said) {}

  private static void runOrSkip(Path directory, List<String> command) {
    Outcome outcome = run(directory, command);
    if (outcome.status() != 0) {
      throw skip(String.join(" ", command) + " failed:\n" + outcome.said());
    }
  }

  private static Outcome run(Path directory, List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Outcome(process.waitFor(), said);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
