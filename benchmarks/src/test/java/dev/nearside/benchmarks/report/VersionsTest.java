package dev.nearside.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nearside.benchmarks.servers.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionsTest {
  @TempDir private Path home;

  @BeforeEach
  void commit() throws IOException {
    assumeTrue(Programs.onPath("git") != null, "git is not installed");
    write("pom.xml", "one");
    write("benchmarks/results/hits.md", "one");
    git("init", "-q");
    git("add", ".");
    git("-c", "user.name=n", "-c", "user.email=n@localhost", "commit", "-q", "-m", "m");
  }

  @Test
  void commit_asItWas_isNamed() {
    assertThat(Versions.commit(home.toString()).orElseThrow()).matches("[0-9a-f]{7,40}");
  }

  @Test
  void commit_reportsChanged_isNamed() throws IOException {
    write("benchmarks/results/hits.md", "two");
    write("benchmarks/results/relay.md", "one");
    assertThat(Versions.commit(home.toString()).orElseThrow()).doesNotEndWith("-dirty");
  }

  @Test
  void commit_sourceChanged_isDirty() throws IOException {
    write("pom.xml", "two");
    assertThat(Versions.commit(home.toString()).orElseThrow()).endsWith("-dirty");
  }

  @Test
  void commit_noRepository_isUnknown() {
    assertThat(Versions.commit(home.resolve("none").toString())).isEmpty();
  }

  private void write(String name, String text) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void git(String... words) {
    List<String> command = new ArrayList<>(List.of("git", "-C", home.toString()));
    command.addAll(List.of(words));
    assertThat(Programs.output(command)).as("%s", command).isPresent();
  }
}
