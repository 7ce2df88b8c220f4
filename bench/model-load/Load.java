import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelLoader;
import java.nio.file.Path;
import java.util.Arrays;

/// Loads a model file several times. Prints how long the first time took, which is in a new process, and the median of the
/// later times, in milliseconds; then the model's bytes on the heap. The file is the last argument.
public final class Load {

    private static final int LATER = 5;

    private Load() {}

    public static void main(String[] arguments) {
        Path file = Path.of(arguments[arguments.length - 1]);
        long start = System.nanoTime();
        Model model = new ModelLoader().load(file);
        long first = millis(start);

        long[] later = new long[LATER];
        for (int i = 0; i < LATER; i++) {
            long again = System.nanoTime();
            new ModelLoader().load(file);
            later[i] = millis(again);
        }
        Arrays.sort(later);
        System.out.printf("%d %d %d%n", first, later[LATER / 2], model.heapBytes());
    }

    private static long millis(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
