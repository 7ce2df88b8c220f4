import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelLoader;
import java.nio.file.Path;

/// Loads a model file, and prints how long that took in a new process, in milliseconds, and the model's bytes on the heap.
public final class Load {

    private Load() {}

    public static void main(String[] arguments) {
        long start = System.nanoTime();
        Model model = new ModelLoader().load(Path.of(arguments[0]));
        System.out.printf("%d %d%n", (System.nanoTime() - start) / 1_000_000, model.heapBytes());
    }
}
