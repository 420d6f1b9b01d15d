package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFilesTest {
  @AutoClose private final WatchedFiles watched = new WatchedFiles();

  @TempDir Path folder;

  private final List<String> read = new ArrayList<>();
  private Path file;

  @BeforeEach
  void watch() throws IOException {
    file = Files.writeString(folder.resolve("file"), "first");
    watched.add(
        new WatchedFiles.Reader() {
          @Override
          public String name() {
            return "words of the test";
          }

          @Override
          public List<Path> files() {
            return List.of(file);
          }

          @Override
          public boolean read() throws IOException {
            String content = Files.readString(file);
            if (content.isEmpty()) {
              throw new IOException("is empty");
            }
            return read.add(content);
          }
        });
  }

  /** What has changed between the start and the first look would never be seen otherwise. */
  @Test
  void firstLook_readsOnce() {
    watched.look();
    watched.look();
    assertThat(read).containsExactly("first");
  }

  @Test
  void change_isRead_alsoByALinkThatPointsElsewhere() throws IOException {
    watched.look();
    Path second = Files.writeString(folder.resolve("second"), "second");
    Files.delete(file);
    Files.createSymbolicLink(file, second);
    watched.look();
    Files.writeString(second, "third!");
    watched.look();
    watched.look();
    assertThat(read).containsExactly("first", "second", "third!");
  }

  @Test
  void unusable_isTriedAgain_untilItIsUsable() throws IOException {
    watched.look();
    Files.writeString(file, "");
    watched.look();
    watched.look();
    Files.delete(file);
    watched.look();
    assertThat(read).containsExactly("first");
    Files.writeString(file, "second");
    watched.look();
    assertThat(read).containsExactly("first", "second");
  }
}
