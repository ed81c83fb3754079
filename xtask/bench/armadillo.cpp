// Times Armadillo's gmm_full and gmm_diag on the standard cells.
//
// armadillo FOLDER, which holds what `cargo run --example cells` wrote, and cells.txt with a cell a
// line: name, file, N, D, K, family, iterations and D variances. Prints one JSON object, as scikit.py
// does.

#include <armadillo>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

struct Cell {
    std::string name, file, family;
    arma::uword n, d, k, iterations;
    arma::vec variance;
};

static arma::mat means(const Cell& cell, const arma::mat& rows) {
    arma::mat means(cell.d, cell.k);
    for (arma::uword c = 0; c < cell.k; ++c) means.col(c) = rows.col(c * cell.n / cell.k);
    return means;
}

static void start(arma::gmm_full& model, const Cell& cell, const arma::mat& rows) {
    arma::cube covariances(cell.d, cell.d, cell.k);
    covariances.each_slice() = arma::mat(arma::diagmat(cell.variance));
    arma::rowvec weights(cell.k);
    weights.fill(1.0 / cell.k);
    model.set_params(means(cell, rows), covariances, weights);
}

static void start(arma::gmm_diag& model, const Cell& cell, const arma::mat& rows) {
    arma::rowvec weights(cell.k);
    weights.fill(1.0 / cell.k);
    model.set_params(means(cell, rows), arma::repmat(cell.variance, 1, cell.k), weights);
}

template <class Model>
static double seconds(Model& model, const Cell& cell, const arma::mat& rows, arma::uword iterations) {
    start(model, cell, rows);
    const auto begin = std::chrono::steady_clock::now();
    model.learn(rows, cell.k, arma::maha_dist, arma::keep_existing, 0, iterations, 0.0, false);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

template <class Model>
static void measure(const Cell& cell, const arma::mat& rows, bool first) {
    Model model;
    const arma::uword few = 2;
    const double brief = seconds(model, cell, rows, few);
    const double whole = seconds(model, cell, rows, cell.iterations);
    const double each = 1e3 * (whole - brief) / double(cell.iterations - few);
    std::printf("%s{\"cell\": \"%s\", \"covariance\": \"%s\", \"milliseconds\": %.17g, \"log_likelihood\": %.17g}",
                first ? "" : ", ", cell.name.c_str(), cell.family.c_str(), each, model.sum_log_p(rows));
}

int main(int argc, char** argv) {
    if (argc != 2) return 1;
    const auto version = arma::arma_version::as_string();
    std::printf("{\"version\": \"%s\", \"cells\": [", version.substr(0, version.find(' ')).c_str());
    std::ifstream cells(std::string(argv[1]) + "/cells.txt");
    Cell cell;
    bool first = true;
    while (cells >> cell.name >> cell.file >> cell.n >> cell.d >> cell.k >> cell.family >> cell.iterations) {
        cell.variance.set_size(cell.d);
        for (double& v : cell.variance) cells >> v;
        arma::mat rows(cell.d, cell.n);
        std::ifstream file(std::string(argv[1]) + "/" + cell.file, std::ios::binary);
        file.read(reinterpret_cast<char*>(rows.memptr()), std::streamsize(sizeof(double) * rows.n_elem));
        if (!file) return 1;
        if (cell.family == "VVV") measure<arma::gmm_full>(cell, rows, first);
        else measure<arma::gmm_diag>(cell, rows, first);
        first = false;
    }
    std::printf("]}\n");
}
